package rotate

// ParseCreated is tested by itself as well: it reads what others wrote.
var ParseCreated = parseCreated
