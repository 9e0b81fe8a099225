// Package manpage writes the man pages of commands.
package manpage

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Topics are the topics of help that the pages repeat.
type Topics struct {
	Environment string // a name in a line, and its meaning indented below
	ExitCodes   string // a code and its meaning in a line, and text behind an empty line
}

// Write writes a page in section 1 for each command from root down, and one in section 7 for each topic of help. They
// have the text of --help.
func Write(dir string, root *cobra.Command, date time.Time, topics Topics) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	path := filepath.Join(dir, nameOf(root)+".1")
	if err := os.WriteFile(path, []byte(text(root, date, topics)), 0o644); err != nil {
		return err
	}
	for _, sub := range documented(root) {
		if err := Write(dir, sub, date, topics); err != nil {
			return err
		}
	}
	for _, topic := range topicsOf(root) {
		path := filepath.Join(dir, nameOf(topic)+".7")
		if err := os.WriteFile(path, []byte(topicText(topic, date)), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// topicsOf returns the topics that have pages of their own: those with a text.
func topicsOf(cmd *cobra.Command) []*cobra.Command {
	var topics []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.IsAdditionalHelpTopicCommand() && sub.Long != "" {
			topics = append(topics, sub)
		}
	}
	return topics
}

// documented returns the commands below cmd that have pages of their own.
func documented(cmd *cobra.Command) []*cobra.Command {
	var subs []*cobra.Command
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && !sub.IsAdditionalHelpTopicCommand() {
			subs = append(subs, sub)
		}
	}
	return subs
}

func nameOf(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// page is the text of a man page, in the macros of man(7).
type page struct{ strings.Builder }

// newPage begins the page of a command or a topic.
func newPage(cmd *cobra.Command, section int, date time.Time) *page {
	p := new(page)
	name := nameOf(cmd)
	fmt.Fprintf(p, ".TH %s %d %s secret \"secret manual\"\n", strings.ToUpper(name), section, date.Format(time.DateOnly))
	p.section("NAME")
	fmt.Fprintf(p, "%s \\- %s\n", roffText(name), roffText(cmd.Short))
	return p
}

func topicText(topic *cobra.Command, date time.Time) string {
	p := newPage(topic, 7, date)
	p.section("DESCRIPTION")
	for i, block := range strings.Split(topic.Long, "\n\n") {
		if i > 0 && !strings.HasPrefix(block, "- ") {
			fmt.Fprintln(p, ".PP")
		}
		p.block(block)
	}
	p.section("SEE ALSO")
	fmt.Fprintf(p, "\\fB%s\\fR(1)\n", roffText(nameOf(topic.Parent())))
	return p.String()
}

// block writes a paragraph. It keeps the lines of tables and transcripts, and sets those of lists.
func (p *page) block(text string) {
	plain, inList := true, false
	for line := range strings.SplitSeq(text, "\n") {
		item, isItem := strings.CutPrefix(line, "- ")
		keep := !inList && !isItem && strings.HasPrefix(line, "  ")
		switch {
		case isItem:
			inList, line = true, item
			fmt.Fprintln(p, ".IP \\(bu 2")
		case keep && plain:
			fmt.Fprintln(p, ".nf")
		case !keep && !plain:
			fmt.Fprintln(p, ".fi")
		}
		plain = !keep
		if inList {
			line = strings.TrimPrefix(line, "  ")
		}
		fmt.Fprintln(p, roffText(line))
	}
	if !plain {
		fmt.Fprintln(p, ".fi")
	}
}

func text(cmd *cobra.Command, date time.Time, topics Topics) string {
	p := newPage(cmd, 1, date)
	p.section("SYNOPSIS")
	fmt.Fprintf(p, "\\fB%s\\fR%s\n", roffText(cmd.CommandPath()),
		roffText(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath())))
	p.section("DESCRIPTION")
	p.paragraphs(cmd.Long, cmd.Short+".")
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(p, ".PP\nThe same as: %s.\n", roffText(strings.Join(cmd.Aliases, ", ")))
	}
	if subs := documented(cmd); len(subs) > 0 {
		p.section("COMMANDS")
		for _, sub := range subs {
			p.item(fmt.Sprintf("\\fB%s\\fR(1)", roffText(nameOf(sub))), sub.Short)
		}
	}
	p.section("OPTIONS")
	p.flags(cmd.NonInheritedFlags())
	p.flags(cmd.InheritedFlags())
	if !cmd.HasParent() {
		p.section("ENVIRONMENT")
		for line := range strings.Lines(topics.Environment) {
			if about, indented := strings.CutPrefix(line, "      "); indented {
				fmt.Fprintln(p, roffText(strings.TrimSpace(about)))
			} else {
				fmt.Fprintf(p, ".TP\n\\fB%s\\fR\n", roffText(strings.TrimSpace(line)))
			}
		}
	}
	p.section("EXAMPLES")
	fmt.Fprintf(p, ".nf\n%s\n.fi\n", roffText(cmd.Example))
	p.section("EXIT STATUS")
	codes, about, _ := strings.Cut(topics.ExitCodes, "\n\n")
	for line := range strings.Lines(codes) {
		code, meaning, _ := strings.Cut(line, " ")
		p.item("\\fB"+code+"\\fR", strings.TrimSpace(meaning))
	}
	fmt.Fprintf(p, ".PP\n%s\n", roffText(about))
	switch topics := topicsOf(cmd); {
	case cmd.HasParent():
		p.section("SEE ALSO")
		fmt.Fprintf(p, "\\fB%s\\fR(1)\n", roffText(nameOf(cmd.Parent())))
	case len(topics) > 0:
		p.section("SEE ALSO")
		for i, topic := range topics {
			if i > 0 {
				fmt.Fprintln(p, ",")
			}
			fmt.Fprintf(p, "\\fB%s\\fR(7)", roffText(nameOf(topic)))
		}
		fmt.Fprintln(p)
	}
	return p.String()
}

func (p *page) section(title string) { fmt.Fprintf(p, ".SH %s\n", title) }

func (p *page) item(tag, text string) { fmt.Fprintf(p, ".TP\n%s\n%s\n", tag, roffText(text)) }

// paragraphs writes text that has blank lines between its paragraphs.
func (p *page) paragraphs(text, otherwise string) {
	if text == "" {
		text = otherwise
	}
	for i, paragraph := range strings.Split(text, "\n\n") {
		if i > 0 {
			p.WriteString(".PP\n")
		}
		fmt.Fprintln(p, roffText(paragraph))
	}
}

func (p *page) flags(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		kind, usage := pflag.UnquoteUsage(f)
		tag := "\\fB" + roffText("--"+f.Name) + "\\fR"
		if f.Shorthand != "" {
			tag = "\\fB\\-" + f.Shorthand + "\\fR, " + tag
		}
		if kind != "" {
			tag += " \\fI" + roffText(kind) + "\\fR"
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" && f.DefValue != "[]" {
			usage += " (default " + f.DefValue + ")"
		}
		p.item(tag, usage)
	})
}

// roffText escapes the characters that are special in roff. A point or an apostrophe begins a line of commands.
func roffText(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "'", `\(aq`, "`", `\(ga`, "^", `\(ha`, "~", `\(ti`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
