module example.org/secret

go 1.26.8
