package timer

import (
	"strings"

	"al.essio.dev/pkg/shellescape"
)

// crontab is a line in the user's table for cron.
type crontab struct{ Command }

// mark ends the line, and identifies it by its vault. cron turns % into a line break
// unless it is escaped.
func (c crontab) mark() string {
	return "# secret rotate --due of " + strings.ReplaceAll(c.Vault, "%", `\%`)
}

func (c crontab) line() string {
	command := strings.ReplaceAll(shellescape.QuoteCommand(c.Args), "%", `\%`)
	return "17 * * * * " + command + " " + c.mark() + "\n"
}

func (c crontab) Text() string { return "# in crontab -e\n" + c.line() }

// others returns the table without the line of this timer.
func (c crontab) others() (string, error) {
	table, err := c.Run("", "crontab", "-l")
	if err != nil && !strings.Contains(err.Error(), "no crontab") {
		return "", err
	}
	var others strings.Builder
	for line := range strings.Lines(table) {
		if !strings.HasSuffix(strings.TrimRight(line, "\n"), c.mark()) {
			others.WriteString(line)
		}
	}
	return others.String(), nil
}

func (c crontab) Install() error {
	others, err := c.others()
	if err != nil {
		return err
	}
	if others != "" && !strings.HasSuffix(others, "\n") {
		others += "\n"
	}
	_, err = c.Run(others+c.line(), "crontab", "-")
	return err
}

func (c crontab) Remove() error {
	others, err := c.others()
	if err != nil {
		return err
	}
	_, err = c.Run(others, "crontab", "-")
	return err
}
