module example.org/secret

go 1.26.8

require (
	github.com/netresearch/go-cron v0.9.1
	github.com/xhit/go-str2duration/v2 v2.2.0
)

require pgregory.net/rapid v1.3.0
