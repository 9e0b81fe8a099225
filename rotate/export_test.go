package rotate

import "time"

// ParseCreated is exported for tests and fuzzing, because it reads input of other programs.
var ParseCreated = parseCreated

// Idle reports whether the record of a rotation names a period without anything due, and now is in it.
func Idle(record string, now time.Time) bool { return idle(record, now.UTC().Format(time.RFC3339)) }
