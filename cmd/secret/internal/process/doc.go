// Package process runs other programs: a command in the place of this process ([Run]), tools that must end soon
// ([Tool]), and processes without a terminal ([Detach], [Isolate]).
package process
