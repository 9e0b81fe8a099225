package rotate

// ParseCreated is exported for tests and fuzzing, because it reads input of other programs.
var ParseCreated = parseCreated
