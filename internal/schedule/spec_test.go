package schedule

import (
	"strings"
	"testing"
	"time"
)

func mustParse(t testing.TB, expr, zone string) Spec {
	t.Helper()
	s, err := Parse(expr, zone)
	if err != nil {
		t.Fatalf("Parse(%q, %q): %v", expr, zone, err)
	}
	return s
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ expr, zone, want string }{
		"nothing":           {"", "UTC", "schedule is empty"},
		"blanks":            {" \t ", "UTC", "schedule is empty"},
		"four fields":       {"0 6 * *", "UTC", "5 fields"},
		"seconds":           {"0 0 6 * * *", "UTC", "has 6"},
		"too long":          {strings.Repeat("0,", 120) + "0 6 * * *", "UTC", "longer than"},
		"minute":            {"60 6 * * *", "UTC", `minute "60"`},
		"hour":              {"0 24 * * *", "UTC", `hour "24"`},
		"day of month":      {"0 6 0 * *", "UTC", `day of month "0"`},
		"month":             {"0 6 * 13 *", "UTC", `month "13"`},
		"day of week":       {"0 6 * * 7", "UTC", `day of week "7" is not valid; it takes 0 (Sunday) to 6`},
		"name in the wrong": {"0 mon * * *", "UTC", `hour "mon"`},
		"range backwards":   {"0 17-9 * * *", "UTC", `hour "17-9"`},
		"step of zero":      {"*/0 * * * *", "UTC", `minute "*/0"`},
		"huge step":         {"*/99999999999999999999 * * * *", "UTC", "minute"},
		"empty list":        {"0 , * * *", "UTC", `hour ","`},
		"empty item":        {"0,,5 6 * * *", "UTC", `minute "0,,5"`},
		"asterisk range":    {"*-5 6 * * *", "UTC", `minute "*-5"`},
		"question mark":     {"0 6 ? * *", "UTC", "must not contain"},
		"control character": {"0 6 * * *\x00", "UTC", "must not contain"},
		"not ASCII":         {"0 6 * * ١", "UTC", "must not contain"},
		"time zone":         {"TZ=UTC", "UTC", "must not name a time zone"},
		"cron time zone":    {"CRON_TZ=UTC 0 6 * * *", "UTC", "must not name a time zone"},
		"@every":            {"@every 1h", "UTC", "@hourly"},
		"@reboot":           {"@reboot", "UTC", "@hourly"},
		"L-0":               {"0 6 L-0 * *", "UTC", `day of month "L-0" is not valid`},
		"L-28":              {"0 6 L-28 * *", "UTC", "L-27"},
		"no business day":   {"0 6 0B * *", "UTC", "1B to 20B"},
		"21 business days":  {"0 6 21B * *", "UTC", "1B to 20B"},
		"nearest weekday":   {"0 6 15W * *", "UTC", `"15W" is not known here; LW`},
		"L as a weekday":    {"0 6 * * 5L", "UTC", `day of week "5L"`},
		"L as a month":      {"0 6 * L *", "UTC", `month "L"`},
		"empty expression":  {"0 6 * * *;", "UTC", "semicolon"},
		"seven expressions": {strings.Repeat("0 6 * * *;", 6) + "0 6 * * *", "UTC", "7 expressions, and 6 at most"},
		"one never comes":   {"0 6 * * *; 0 0 30 2 *", "UTC", "never comes"},
		"30 February":       {"0 0 30 2 *", "UTC", "never comes"},
		"31st of short":     {"0 0 31 2,4,6,9,11 *", "UTC", "never comes"},
		"no zone":           {"@daily", "", "time zone is missing"},
		"local zone":        {"@daily", "Local", "must be named"},
		"unknown zone":      {"@daily", "Mars/Olympus", `"Mars/Olympus" is not known`},
		"path as zone":      {"@daily", "../../etc/passwd", "characters"},
		"long zone":         {"@daily", strings.Repeat("A", 65), "too long"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Parse(c.expr, c.zone)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
			if !s.IsZero() {
				t.Errorf("a spec came with the error: %+v", s)
			}
		})
	}
}

func TestSpecIsAValue(t *testing.T) {
	t.Parallel()
	a, b := mustParse(t, " 0  6\t* * MON-fri ", "Europe/Berlin"), mustParse(t, "0 6 * * MON-fri", "Europe/Berlin")
	if a != b {
		t.Error("the same spec parsed twice differs")
	}
	if a == mustParse(t, a.Expr(), "Europe/Paris") {
		t.Error("specs in two zones are equal")
	}
	if again := mustParse(t, a.Expr(), a.Timezone()); again != a {
		t.Error("Expr and Timezone do not give the spec back")
	}
	if got := mustParse(t, "@Daily", "UTC"); got != mustParse(t, "0 0 * * *", "UTC") {
		t.Errorf("@Daily is %q", got.Expr())
	}
	var zero Spec
	now := time.Now()
	if !zero.IsZero() || !zero.Next(now).IsZero() || zero.NextN(now, 3) != nil || zero.MinInterval(now) != 0 ||
		zero.Describe() != "Never" {
		t.Error("the zero spec is due")
	}
}

func FuzzParse(f *testing.F) {
	for _, expr := range []string{
		"0 6 * * 1-5", "@daily", "@every 1s", "TZ=UTC", "CRON_TZ=", "*/15 9-17 * * mon-fri", "0 0 29 2 *", "0 0 30 2 *",
		"* * * * *", "1-59/7,3 */5 1-31 jan,feb 0", "0 0 1,15 * 1", "/ - , * @", "0 6 L,LW,3B,L-2 2 *",
		"0 6 * * *; 30 12 * * 1-5", ";;", "0 6 B,W,L-,-B * *", "0/99999999999999999999 * * * *",
	} {
		f.Add(expr, "America/New_York", int64(1_772_000_000))
		f.Add(expr, "Australia/Lord_Howe", int64(2_240_000_000))
	}
	f.Fuzz(func(t *testing.T, expr, zone string, unix int64) {
		s, err := Parse(expr, zone)
		if err != nil {
			if !s.IsZero() {
				t.Fatalf("%q: a spec and an error", expr)
			}
			return
		}
		// The years 1970 to 2200.
		after := time.Unix(unix%7_258_118_400, 0)
		if unix < 0 {
			after = time.Unix(-(unix % 7_258_118_400), 0)
		}
		for _, due := range s.NextN(after, 3) {
			if !due.After(after) {
				t.Fatalf("%q in %q: due at %v, which is not after %v", expr, zone, due, after)
			}
			after = due
		}
		if len(s.NextN(after, 1)) != 1 {
			t.Fatalf("%q in %q: never due after %v", expr, zone, after)
		}
		if s.Describe() == "" || mustParse(t, s.Expr(), s.Timezone()) != s {
			t.Fatalf("%q in %q does not come back", expr, zone)
		}
	})
}
