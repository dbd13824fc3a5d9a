package config

import "github.com/inndx/runs/internal/strictjson"

// MaxHostURLs bounds the limit of budget and the max_host_urls of traps, in URLs of one host.
const MaxHostURLs = MaxMaxURLs

// Budget (budget) admits at most Limit URLs of one host to the frontier. By is always "host".
type Budget struct {
	By    string `json:"by"`
	Limit int64  `json:"limit"`
}

var budgetKind = kind{
	name: "budget",
	once: true,
	read: func(_ *reader, o *strictjson.Object) any {
		return &Budget{By: constant(o, "by", "host"), Limit: required[int64](o, "limit", 1, MaxHostURLs)}
	},
}
