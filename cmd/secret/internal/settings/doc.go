// Package settings has the user's defaults: from the environment, else from the configuration file, else built in. It
// finds the user's directories, and edits the configuration file without losing its comments.
package settings
