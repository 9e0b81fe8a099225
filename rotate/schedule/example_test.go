package schedule_test

import (
	"fmt"
	"time"

	"example.org/secret/rotate/schedule"
)

func ExampleSchedule_Status() {
	s, err := schedule.Parse("cron(0 4 ? * SUN *)", time.UTC)
	if err != nil {
		fmt.Println(err)
		return
	}
	if s, err = s.WithWindow("3h"); err != nil {
		fmt.Println(err)
		return
	}
	last := time.Date(2026, 1, 2, 9, 30, 0, 0, time.UTC)

	// The laptop slept through Sunday and is opened on Monday.
	now := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	st := s.Status(last, now)
	fmt.Println("rotate now:", st.Rotate)
	fmt.Println("overdue since", st.Due.Format(time.DateTime), "missed:", st.Missed)
	fmt.Println("next window", st.Opens.Format(time.DateTime), "to", st.Closes.Format(time.TimeOnly))
	// Output:
	// rotate now: false
	// overdue since 2026-01-04 04:00:00 missed: true
	// next window 2026-01-11 04:00:00 to 07:00:00
}

func ExampleParse_error() {
	_, err := schedule.Parse("0 4 30 2 *", nil)
	fmt.Println(err)
	_, err = schedule.Parse("3mo", nil)
	fmt.Println(err)
	// Output:
	// schedule "0 4 30 2 *": no such date ever comes: write "30d", or five fields such as "0 4 * * 1"
	// schedule "3mo": months and years differ in length and are not understood: write "30d", or a cron such as "0 4 1 * *"
}
