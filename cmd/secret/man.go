package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

func newManCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:    "man DIR",
		Short:  "Write the man pages into a directory",
		Hidden: true,
		Args:   argCount(1, 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := os.MkdirAll(args[0], 0o755); err != nil {
				return fmt.Errorf("writing the man pages: %w", err)
			}
			return a.writeManPages(cmd.Root(), args[0])
		},
	}
}

// writeManPages writes a page for each command, made of what --help shows.
func (a *app) writeManPages(cmd *cobra.Command, dir string) error {
	path := filepath.Join(dir, manName(cmd)+".1")
	if err := os.WriteFile(path, []byte(manPage(cmd, a.releaseDate())), 0o644); err != nil {
		return fmt.Errorf("writing the man pages: %w", err)
	}
	for _, sub := range documented(cmd) {
		if err := a.writeManPages(sub, dir); err != nil {
			return err
		}
	}
	return nil
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

func manName(cmd *cobra.Command) string { return strings.ReplaceAll(cmd.CommandPath(), " ", "-") }

// releaseDate makes the pages of one release the same on every day.
func (a *app) releaseDate() time.Time {
	if epoch, err := strconv.ParseInt(a.getenv("SOURCE_DATE_EPOCH"), 10, 64); err == nil {
		return time.Unix(epoch, 0).UTC()
	}
	return a.now().UTC()
}

// page is a man page in the making, in the macros of man(7).
type page struct{ strings.Builder }

func manPage(cmd *cobra.Command, date time.Time) string {
	p := new(page)
	name := manName(cmd)
	fmt.Fprintf(p, ".TH %s 1 %s secret \"secret manual\"\n", strings.ToUpper(name), date.Format(time.DateOnly))
	p.section("NAME")
	fmt.Fprintf(p, "%s \\- %s\n", roffText(name), roffText(cmd.Short))
	p.section("SYNOPSIS")
	fmt.Fprintf(p, "\\fB%s\\fR%s\n", roffText(cmd.CommandPath()), roffText(strings.TrimPrefix(cmd.UseLine(), cmd.CommandPath())))
	p.section("DESCRIPTION")
	p.paragraphs(cmd.Long, cmd.Short+".")
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(p, ".PP\nThe same as: %s.\n", roffText(strings.Join(cmd.Aliases, ", ")))
	}
	if subs := documented(cmd); len(subs) > 0 {
		p.section("COMMANDS")
		for _, sub := range subs {
			p.item(fmt.Sprintf("\\fB%s\\fR(1)", roffText(manName(sub))), sub.Short)
		}
	}
	p.section("OPTIONS")
	p.flags(cmd.NonInheritedFlags())
	p.flags(cmd.InheritedFlags())
	if !cmd.HasParent() {
		p.section("ENVIRONMENT")
		for line := range strings.Lines(environmentText()) {
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
	codes, about, _ := strings.Cut(exitCodesText, "\n\n")
	for line := range strings.Lines(codes) {
		code, meaning, _ := strings.Cut(line, " ")
		p.item("\\fB"+code+"\\fR", strings.TrimSpace(meaning))
	}
	fmt.Fprintf(p, ".PP\n%s\n", roffText(about))
	if cmd.HasParent() {
		p.section("SEE ALSO")
		fmt.Fprintf(p, "\\fB%s\\fR(1)\n", roffText(manName(cmd.Parent())))
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

// roffText escapes what roff would take for its own: a point or an apostrophe
// begins a line of commands.
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
