package web

import (
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

const (
	localeCookie = "ledgersheet_locale" // chosen in the settings
	// chosenZoneCookie holds the time zone chosen in the settings.
	chosenZoneCookie = "ledgersheet_chosen_zone"
)

// viewer is how a browser's user writes numbers and times. Pages are made without knowing it: numbers and times in them
// are marked, and written as the viewer does when the page is rendered. See [viewer.write].
type viewer struct {
	numbers numberStyle
	dates   dateStyle
	zone    *time.Location
}

// viewerOf returns how the request's user writes: as chosen in the settings, else as the browser says.
func viewerOf(c *gin.Context) viewer {
	tag := language.English
	chosen, _ := c.Cookie(localeCookie)
	if parsed, err := language.Parse(chosen); chosen != "" && err == nil {
		tag = parsed
	} else if header := c.GetHeader("Accept-Language"); len(header) < 500 {
		if tags, _, err := language.ParseAcceptLanguage(header); err == nil && len(tags) > 0 {
			tag = tags[0]
		}
	}
	v := newViewer(tag, time.UTC)
	for _, name := range []string{chosenZoneCookie, zoneCookie} {
		text, err := c.Cookie(name)
		if zone, ok := findZone(text); ok && err == nil {
			v.zone = zone
			break
		}
	}
	return v
}

func newViewer(tag language.Tag, zone *time.Location) viewer {
	return viewer{numberStyleOf(tag), dateStyleOf(tag), zone}
}

// findZone returns the time zone of that name. The machine's own has none that people would know.
func findZone(name string) (*time.Location, bool) {
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, false
	}
	zone, err := time.LoadLocation(name)
	return zone, err == nil
}

// dateStyle is the order in which a date is written. Months are words, as pages are in English, so that no date can be
// mistaken for another.
type dateStyle struct {
	day    string // layouts
	minute string
	second string
}

// dateStyleOf returns a region's style, by CLDR's orders and hour cycles.
func dateStyleOf(tag language.Tag) dateStyle {
	region, confidence := tag.Region()
	if confidence < language.High {
		return dateStyle{"2 Jan 2006", "15:04", "15:04:05"}
	}
	s := dateStyle{"2 Jan 2006", "15:04", "15:04:05"}
	switch region.String() {
	case "US", "PH", "PR", "GU", "VI":
		s.day = "Jan 2, 2006"
	case "CN", "JP", "KR", "TW", "HU", "LT", "SE", "CA", "MN", "ZA":
		s.day = "2006-01-02"
	}
	switch region.String() {
	case "US", "PH", "PR", "GU", "VI", "AU", "NZ", "IN", "PK", "BD", "EG", "SA", "MY", "CO":
		s.minute, s.second = "3:04 PM", "3:04:05 PM"
	case "CA":
		if base, _ := tag.Base(); base.String() == "en" {
			s.minute, s.second = "3:04 PM", "3:04:05 PM"
		}
	}
	return s
}

// locales returns the choices of the settings, each with how it writes.
func locales(chosen string, now time.Time) []choice {
	list := []choice{{Title: "As the browser says"}}
	for _, tag := range []language.Tag{
		language.MustParse("en-US"), language.MustParse("en-GB"), language.MustParse("en-CA"),
		language.MustParse("en-AU"), language.MustParse("en-IN"), language.MustParse("en-ZA"),
		language.MustParse("fr-FR"), language.MustParse("fr-CA"), language.MustParse("de-DE"),
		language.MustParse("de-CH"), language.MustParse("es-ES"), language.MustParse("es-MX"),
		language.MustParse("it-IT"), language.MustParse("nl-NL"), language.MustParse("pt-BR"),
		language.MustParse("pt-PT"), language.MustParse("sv-SE"), language.MustParse("pl-PL"),
		language.MustParse("ja-JP"),
	} {
		v := newViewer(tag, time.UTC)
		title := display.English.Tags().Name(tag) + ": " + v.number("1234567.5") + ", " +
			now.UTC().Format(v.dates.day+", "+v.dates.minute)
		list = append(list, choice{Value: tag.String(), Title: title})
	}
	for i := range list {
		list[i].Chosen = strings.EqualFold(list[i].Value, chosen)
	}
	return list
}
