package schedule_test

import (
	"strings"
	"testing"
	"time"

	"example.org/secret/rotate/schedule"
)

func FuzzParse(f *testing.F) {
	for _, expr := range []string{
		"30d", "1w2d", "90m", "1M", "3mo", "9999999999w", "-1d", "1.5h",
		"rate(30 days)", "rate(5 minutes)", "rate(1 month)", "rate(",
		"0 4 * * 1", "*/20 22-1 13 * 5", "0 4 30 2 *", "0 4 29 feb */7", "59 23 31 12 7",
		"@daily", "@every 1s", "TZ=Asia/Tokyo 0 4 * * *", "H H * * *", "0 0 \x1b 0 0 0", ",,, * * * *",
		"cron(0 4 ? * SUN#1 *)", "cron(0 /8 * * ? *)", "cron(0/30 20-2 ? * MON-FRI *)",
		"cron(0 0 LW FEB ? 2196/4)", "cron(0 0 31W * ? *)", "cron(0 0 ? 2 7#5 *)", "cron(0 0 1 1 ? 1970-2147483647)",
		"cron(0 4 ? * L *)", "cron(0 4 ? * 6L,2L *)", "cron(0 4 1,15W,L * ? *)",
	} {
		f.Add(expr)
	}
	zones := []*time.Location{time.UTC}
	for _, name := range []string{"America/New_York", "Pacific/Apia", "Australia/Lord_Howe"} {
		if loc, err := time.LoadLocation(name); err == nil {
			zones = append(zones, loc)
		}
	}
	f.Fuzz(func(t *testing.T, expr string) {
		began := time.Now()
		for _, loc := range zones {
			s, err := schedule.Parse(expr, loc)
			if err != nil {
				if strings.ContainsAny(err.Error(), "\n\r\x1b") {
					t.Fatalf("error of %q is not one plain line: %q", expr, err)
				}
				return
			}
			again, err := schedule.Parse(s.String(), loc)
			if err != nil || again.String() != s.String() {
				t.Fatalf("%q is shown as %q, which parses to %q, %v", expr, s, again, err)
			}
			for _, year := range []int{1, 1969, 2011, 2026, 2199, 9000} {
				after := time.Date(year, 12, 29, 23, 59, 59, 999, time.UTC)
				next, ok := s.Next(after)
				same, sameOK := again.Next(after)
				if ok != sameOK || !next.Equal(same) {
					t.Fatalf("%q: next after %v is %v and %v", expr, after, next, same)
				}
				if ok && !next.After(after) {
					t.Fatalf("%q: next after %v is %v", expr, after, next)
				}
			}
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Fatalf("%q took %v", expr, took)
		}
	})
}
