package web

import (
	"cmp"
	"time"

	"github.com/gin-gonic/gin"

	"ledgersheet/internal/export"
)

// zoneCookie holds the browser's time zone, which only a script can tell.
const zoneCookie = "ledgersheet_zone"

// startZone returns the time zone that a new exporter begins with: the viewer's, else that of other exporters, else
// the company's country's.
func startZone(c *gin.Context, others string, k known, e export.Exporter) string {
	viewer, _ := c.Cookie(zoneCookie)
	if _, err := time.LoadLocation(viewer); err != nil || viewer == "Local" {
		viewer = ""
	}
	country := ""
	for _, co := range k.companies {
		if len(e.Companies) == 0 || co.Realm == e.Companies[0] {
			country = cmp.Or(country, countryZone(co.Country))
		}
	}
	return cmp.Or(viewer, others, country, "UTC")
}

// countryZone returns the time zone of most people in a country where QuickBooks Online is sold, or nothing. Countries
// go by their codes.
func countryZone(code string) string {
	return map[string]string{
		"US": "America/New_York", "CA": "America/Toronto", "MX": "America/Mexico_City", "BR": "America/Sao_Paulo",
		"GB": "Europe/London", "UK": "Europe/London", "IE": "Europe/Dublin", "FR": "Europe/Paris",
		"DE": "Europe/Berlin", "ES": "Europe/Madrid", "IT": "Europe/Rome", "NL": "Europe/Amsterdam",
		"BE": "Europe/Brussels", "CH": "Europe/Zurich", "AT": "Europe/Vienna", "PT": "Europe/Lisbon",
		"ZA": "Africa/Johannesburg", "NG": "Africa/Lagos", "KE": "Africa/Nairobi", "AE": "Asia/Dubai",
		"IN": "Asia/Kolkata", "SG": "Asia/Singapore", "HK": "Asia/Hong_Kong", "MY": "Asia/Kuala_Lumpur",
		"PH": "Asia/Manila", "ID": "Asia/Jakarta", "JP": "Asia/Tokyo",
		"AU": "Australia/Sydney", "NZ": "Pacific/Auckland",
	}[code]
}

// zones returns suggestions for the time zone. Any name in the time zone database is accepted.
func zones() []string {
	return []string{
		"UTC",
		"America/New_York", "America/Chicago", "America/Denver", "America/Phoenix", "America/Los_Angeles",
		"America/Anchorage", "Pacific/Honolulu",
		"America/Toronto", "America/Vancouver", "America/Halifax", "America/St_Johns",
		"America/Mexico_City", "America/Bogota", "America/Lima", "America/Sao_Paulo",
		"America/Argentina/Buenos_Aires", "America/Santiago",
		"Europe/London", "Europe/Dublin", "Europe/Lisbon", "Europe/Madrid", "Europe/Paris", "Europe/Brussels",
		"Europe/Amsterdam", "Europe/Berlin", "Europe/Zurich", "Europe/Vienna", "Europe/Rome",
		"Europe/Stockholm", "Europe/Oslo", "Europe/Copenhagen", "Europe/Helsinki",
		"Europe/Warsaw", "Europe/Prague", "Europe/Budapest", "Europe/Athens", "Europe/Bucharest",
		"Europe/Istanbul", "Europe/Kyiv",
		"Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi",
		"Asia/Jerusalem", "Asia/Dubai", "Asia/Riyadh", "Asia/Karachi", "Asia/Kolkata", "Asia/Dhaka",
		"Asia/Bangkok", "Asia/Jakarta", "Asia/Singapore", "Asia/Hong_Kong", "Asia/Manila", "Asia/Shanghai",
		"Asia/Tokyo", "Asia/Seoul",
		"Australia/Perth", "Australia/Adelaide", "Australia/Brisbane", "Australia/Sydney", "Australia/Melbourne",
		"Pacific/Auckland",
	}
}
