package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/language"
	"pgregory.net/rapid"
)

// plain writes a marked text as a browser sees it that says nothing of its user.
func plain(text string) string {
	return string(newViewer(language.English, time.UTC).write([]byte(text)))
}

// TestNumbersInEachLocale: the patterns and symbols of CLDR 32, which the library has; see
// https://pkg.go.dev/golang.org/x/text/internal/number. Some have spaces that do not break.
func TestNumbersInEachLocale(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string][3]string{
		"en-US": {"1,234", "1,234,567.50", "−12,345.05"},
		"en-IN": {"1,234", "12,34,567.50", "−12,345.05"},
		"de-DE": {"1.234", "1.234.567,50", "−12.345,05"},
		"de-CH": {"1’234", "1’234’567.50", "−12’345.05"},
		"fr-FR": {"1\u00a0234", "1\u00a0234\u00a0567,50", "−12\u00a0345,05"},
		"es-ES": {"1.234", "1.234.567,50", "−12.345,05"},
		"pt-PT": {"1\u00a0234", "1\u00a0234\u00a0567,50", "−12\u00a0345,05"},
		"sv-SE": {"1\u00a0234", "1\u00a0234\u00a0567,50", "−12\u00a0345,05"},
		"ar-EG": {"1,234", "1,234,567.50", "−12,345.05"},
	} {
		v := newViewer(language.MustParse(tag), time.UTC)
		for i, decimal := range []string{"1234", "1234567.50", "-12345.05"} {
			if got := string(v.write([]byte(markNumber(decimal)))); got != want[i] {
				t.Errorf("%s: %s is %q, want %q", tag, decimal, got, want[i])
			}
		}
	}
}

// TestNoLocaleChangesANumber: in every locale that the settings offer, the digits are those of the decimal, with one
// point where it has one, and nothing around a mark changes.
func TestNoLocaleChangesANumber(t *testing.T) {
	t.Parallel()
	tags := []string{"en", "fa", "hi", "my", "und", "tlh"}
	for _, l := range locales("", noon)[1:] {
		tags = append(tags, l.Value)
	}
	rapid.Check(t, func(rt *rapid.T) {
		tag := rapid.SampledFrom(tags).Draw(rt, "tag")
		decimal := rapid.StringMatching(`-?(0|[1-9][0-9]{0,20})(\.[0-9]{1,8})?`).Draw(rt, "decimal")
		v := newViewer(language.MustParse(tag), time.UTC)
		got := string(v.write([]byte("<b>" + markNumber(decimal) + "</b>")))
		inner, before := strings.CutPrefix(got, "<b>")
		inner, after := strings.CutSuffix(inner, "</b>")
		if !before || !after || strings.HasPrefix(inner, "−") != strings.HasPrefix(decimal, "-") {
			rt.Fatalf("%s: %s is %q", tag, decimal, got)
		}
		whole, places := strings.TrimPrefix(inner, "−"), ""
		if _, wanted, dot := strings.Cut(decimal, "."); dot {
			i := strings.LastIndex(whole, v.numbers.point)
			if i < 0 || v.numbers.point == v.numbers.group {
				rt.Fatalf("%s: %s is %q", tag, decimal, got)
			}
			whole, places = whole[:i], "."+whole[i+len(v.numbers.point):]
			if places != "."+wanted {
				rt.Fatalf("%s: %s is %q", tag, decimal, got)
			}
		}
		digits := strings.ReplaceAll(whole, v.numbers.group, "")
		if digits+places != strings.TrimPrefix(decimal, "-") {
			rt.Fatalf("%s: %s is %q", tag, decimal, got)
		}
	})
}

// TestWhatIsNoMarkStays: signs of private use in names break nothing and vanish nowhere.
func TestWhatIsNoMarkStays(t *testing.T) {
	t.Parallel()
	v := newViewer(language.English, time.UTC)
	for _, text := range []string{
		"\ue000", "\ue002", "\ue000x\ue002", "a\ue001\ue002b", "\ue001e12x\ue002", "\ue000" + strings.Repeat("1", 500),
		"\ue000\ue000\ue001", "\ue001e1;Nowhere/Land", "\xee\x80", "\xee",
	} {
		if got := string(v.write([]byte(text))); got != text && !strings.ContainsRune(got, unicode.ReplacementChar) {
			t.Errorf("%q became %q", text, got)
		}
	}
	rapid.Check(t, func(rt *rapid.T) {
		around := rapid.StringOf(rapid.SampledFrom([]rune{'a', '1', numberBegins, timeBegins, ';', 'e', '-'}))
		before, after := around.Draw(rt, "before"), around.Draw(rt, "after")
		got := string(v.write([]byte(before + "|" + markNumber("1234") + "|" + after)))
		if !strings.Contains(got, "|1,234|") {
			rt.Fatalf("%q", got)
		}
	})
}

// TestNumberInTwoParts: whole and cents together are the number.
func TestNumberInTwoParts(t *testing.T) {
	t.Parallel()
	v := newViewer(language.MustParse("de"), time.UTC)
	for decimal, want := range map[string]string{
		"1234.5": "1.234|,50", "-0.05": "−0|,05", "7": "7|,00", "1.005": "1|,005", "what": "what|",
	} {
		whole, cents := splitAmount(decimal)
		if got := string(v.write([]byte(whole + "|" + cents))); got != want {
			t.Errorf("%s: %q, want %q", decimal, got, want)
		}
	}
}

func TestTimesInTheViewersZone(t *testing.T) {
	t.Parallel()
	newYork, _ := findZone("America/New_York")
	at := time.Date(2026, 11, 22, 3, 4, 5, 0, time.UTC)
	for _, c := range []struct{ tag, zone, about, exact, due, day string }{
		{"en", "UTC", "", "22 Nov 2026, 03:04:05 UTC", "Sun 22 Nov 2026, 03:04 UTC", "22 Nov 2026"},
		{
			"en-US", "America/New_York", "Europe/Paris", "Nov 21, 2026, 10:04:05 PM EST (Sun 4:04 AM in Europe/Paris)",
			"Sat Nov 21, 2026, 10:04 PM EST (Sun 4:04 AM in Europe/Paris)", "Nov 21, 2026",
		},
		{
			"de-DE", "Europe/Berlin", "Europe/Paris", "22 Nov 2026, 04:04:05 CET", "Sun 22 Nov 2026, 04:04 CET",
			"22 Nov 2026",
		},
		{"sv-SE", "Asia/Dubai", "", "2026-11-22, 07:04:05 UTC+04:00", "Sun 2026-11-22, 07:04 UTC+04:00", "2026-11-22"},
	} {
		zone, ok := findZone(c.zone)
		if !ok {
			t.Fatal(c.zone)
		}
		about, _ := findZone(c.about)
		v := newViewer(language.MustParse(c.tag), zone)
		for form, want := range map[rune]string{formExact: c.exact, formDue: c.due, formDay: c.day} {
			if got := string(v.write([]byte(markTime(at, form, about)))); got != want {
				t.Errorf("%s in %s: %q, want %q", c.tag, c.zone, got, want)
			}
		}
	}
	v := newViewer(language.English, newYork)
	for now, want := range map[time.Time]string{
		at.Add(time.Hour): "22:04 EST", at.Add(12 * time.Hour): "21 Nov 2026, 22:04 EST",
	} {
		if got := string(v.write([]byte(markClock(at, now)))); got != want {
			t.Errorf("at %s: %q, want %q", now, got, want)
		}
	}
	if _, ok := findZone("Local"); ok || newYork == nil {
		t.Error("the machine's zone has no name, New York's has one")
	}
}

// TestPagesInTheViewersLocale: what the browser says counts, what the settings say counts more, and nonsense is no
// error.
func TestPagesInTheViewersLocale(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	r := s.run(s.exporter(nil), succeeded)
	page := "/runs/" + string(r.ID)
	show := func(accept string) string {
		t.Helper()
		q := s.request(http.MethodGet, page, nil)
		q.Header.Set("Accept-Language", accept)
		a := s.do(q)
		checkPage(t, accept, a.body)
		if strings.ContainsAny(a.body, "\ue000\ue001\ue002") {
			t.Error("a mark has reached the browser")
		}
		return a.body
	}
	for accept, want := range map[string][]string{
		"":                                {"12,345", "29 Mar 2026, 11:59:00 UTC"},
		"en-US,en;q=0.9":                  {"12,345", "Mar 29, 2026, 11:59:00 AM UTC"},
		"de-CH, de;q=0.5":                 {"12’345", "1’234’567.80", "−42.50"},
		"de":                              {"12.345", "1.234.567,80", "−42,50"},
		"x-nonsense;;q=what":              {"12,345"},
		strings.Repeat("de,", 400) + "de": {"12,345"},
	} {
		body := show(accept)
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%q: the page lacks %s", accept, w)
			}
		}
	}
	s.wantSent("/settings/display", url.Values{
		"display": {"all"}, "keys": {"on"}, "locale": {"fr-FR"}, "zone": {"America/New_York"},
	}, "/settings")
	body := show("de")
	for _, w := range []string{"12\u00a0345", "29 Mar 2026, 07:59:00 EDT"} {
		if !strings.Contains(body, w) {
			t.Errorf("after a choice, the page lacks %s", w)
		}
	}
	settings := s.wantGet("/settings")
	checkPage(t, "settings", settings)
	if !strings.Contains(settings, `<option value="fr-FR" selected>`) ||
		!strings.Contains(settings, `value="America/New_York"`) {
		t.Error("the settings do not show the choice")
	}
	s.wantSent("/settings/display", url.Values{"display": {"all"}, "locale": {"!"}, "zone": {"Mars/Base"}}, "/settings")
	if !strings.Contains(s.wantGet("/settings"), "There is no time zone") {
		t.Error("an unknown time zone is not told")
	}
	if body := show("de"); !strings.Contains(body, "12.345") || !strings.Contains(body, "UTC") {
		t.Error("a choice that is none is kept")
	}
}

// TestExportersZoneIsNamed where it differs from the viewer's.
func TestExportersZoneIsNamed(t *testing.T) {
	t.Parallel()
	s := newSite(t, siteOptions{}).signIn().fill()
	e := s.exporter(nil) // at 06:00 in New York
	path := "/exporters/" + string(e.ID)
	if body := s.wantGet(path); !strings.Contains(body, "Mon 30 Mar 2026, 10:00 UTC (06:00 in America/New_York)") {
		t.Error("the next run is not in both zones")
	}
	at := mustURL(t, s.server.URL)
	s.client.Jar.SetCookies(at, []*http.Cookie{{Name: zoneCookie, Value: "America/New_York"}})
	body := s.wantGet(path)
	if !strings.Contains(body, ">Mon 30 Mar 2026, 06:00 EDT<") {
		t.Error("the next run is not in the one zone of both")
	}
	if strings.Contains(body, "in America/New_York") {
		t.Error("a zone that does not differ is named")
	}
}

// TestDaysOfBooks are the same in all time zones, and written as the viewer's language does.
func TestDaysOfBooks(t *testing.T) {
	t.Parallel()
	text := markDates("2026-01-01 to 2026-03-31, not 2026-02-30 or 2026-1-1")
	for tag, want := range map[string]string{
		"en-US": "Jan 1, 2026 to Mar 31, 2026, not 2026-02-30 or 2026-1-1",
		"en-GB": "1 Jan 2026 to 31 Mar 2026, not 2026-02-30 or 2026-1-1",
	} {
		for _, hours := range []int{-12, 0, 14} {
			v := newViewer(language.MustParse(tag), time.FixedZone("", hours*3600))
			if got := string(v.write([]byte(text))); got != want {
				t.Errorf("%s, %+d h: %q, want %q", tag, hours, got, want)
			}
		}
	}
}
