// Package schedule reads rotation schedules and tells when a secret is due.
//
// A schedule is one line of text, in any of four forms:
//
//	30d                      every thirty days; units w, d, h and m, as in 1w2d or 90m
//	rate(30 days)            the same in AWS's words: minutes, hours or days
//	cron(0 4 ? * SUN#1 *)    AWS's six fields: 4:00 on the first Sunday of the month
//	0 4 * * 1                the five fields of crontab(5): 4:00 every Monday; also @daily
//
// [Parse] makes a [Schedule] of it, and [Schedule.Status] answers the question
// that a runner asks again and again, for each secret: may it be rotated now?
//
//	s, err := schedule.Parse("cron(0 4 ? * SUN *)", time.UTC)
//	s, err = s.WithWindow("3h")
//	if s.Status(last, now).Rotate { … }
//
// The package reads no clock and keeps no state: last, the time of the last
// rotation (or, when there was none, the time at which rotation was turned
// on), and now both come from the caller. Of AWS's limits it keeps none: minutes
// need not be 0, and without a window a secret may be rotated whenever it is due.
//
// The expressions and their meaning are promised to stay. This Go interface may change.
//
// # When a secret is due
//
// An interval counts from the last rotation: 30d is 30 times 24 hours, whatever
// the calendar does meanwhile. A cron fires at fixed times of the clock on the
// wall in the schedule's zone, and a secret is due from the first of them after
// its last rotation. In both, due means due once: a machine that slept through
// three due times finds one rotation to do, not three.
//
// An interval is exact, and a runner that comes by once a day at about the same
// time can find a secret of 1d due in a moment, and rotate it the day after.
// Runners should come several times within an interval; where they cannot, a
// cron or a window makes the secret due at a round time.
//
// # Windows
//
// A window confines rotation to some hours. Those of a cron open whenever it
// fires. Those of an interval open at midnight in the schedule's zone, as AWS's
// do; therefore only intervals of a day and more can have one. A secret that
// falls due within such a window may be rotated from the window's opening, so
// that 30d with a window keeps to the same night's hours for ever instead of
// creeping forward by the minutes that each rotation took.
//
// A window that passed while the machine slept is not made up for by day: the
// secret waits for the next window, and Status reports it as Missed until it
// is rotated. For a machine that is asleep at midnight, a cron names better
// hours. A runner has to come by at least once within a window to find it open.
//
// # Clocks
//
// When clocks go forward, the times that the wall never shows fire together,
// once, at the moment of the change. When clocks go back, the times that the
// wall shows twice fire the first time only. Both hold for a schedule of every
// minute too: it is silent during the repeated hour.
//
// A last rotation that lies a little ahead of now, which happens when two
// machines that share a vault disagree on the time, is taken as it is. One that
// lies ahead by more than a whole interval (for a cron: by more than two fire
// times) was written by a clock that was plainly wrong. Waiting for that time
// could take years, so the secret counts as due at once; rotating it records a
// time that makes sense again.
package schedule
