// Package schedule reads rotation schedules and tells when they fire.
//
// A schedule is one line of text, in any of four forms:
//
//	30d                      every thirty days; units w, d, h and m, as in 1w2d or 90m
//	rate(30 days)            the same in AWS's words: minutes, hours or days
//	cron(0 4 ? * SUN#1 *)    AWS's six fields: 4:00 on the first Sunday of the month
//	0 4 * * 1                the five fields of crontab(5): 4:00 every Monday; also @daily
//
// The package reads no clock: every time comes from the caller.
//
// # Clocks
//
// When clocks go forward, the times that the wall never shows fire together,
// once, at the moment of the change. When clocks go back, the times that the
// wall shows twice fire the first time only. Both hold for a schedule of every
// minute too: it is silent during the repeated hour.
package schedule
