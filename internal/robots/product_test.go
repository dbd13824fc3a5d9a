package robots_test

import (
	"testing"

	"github.com/inndx/runs/internal/robots"
)

func TestProduct(t *testing.T) {
	for agent, want := range map[string]string{
		"inndx/0.1 (+https://example.com/bot)": "inndx",
		"Inndx-Bot/2":                          "inndx-bot",
		"inndx":                                "inndx",
		"":                                     "",
		"/0.1":                                 "",
		"my_bot (https://example.com; +a@b.c)": "my_bot",

		"360Spider/1.0":       "360spider",
		"MyBot2/1.0":          "mybot2",
		"archive.org_bot/1.5": "archive.org_bot",

		"Mozilla/5.0":                                                            "mozilla",
		"Mozilla/5.0 (compatible; inndx/0.1)":                                    "inndx",
		"Mozilla/5.0 (compatible; MyBot2; +https://h/bot)":                       "mybot2",
		"Mozilla/5.0 (compatible;MyBot/1.0;+https://h/bot)":                      "mybot",
		"Mozilla/5.0 (Compatible; 360Spider)":                                    "360spider",
		"mozilla/4.0 (compatible; MSIE 9.0; Windows NT 6.1)":                     "mozilla",
		"Mozilla/5.0 (compatible; Linux x86_64; My.Bot_2/2.0":                    "my.bot_2",
		"Mozilla/5.0 (MyBot/1.0; +https://h/bot)":                                "mybot",
		"Mozilla/5.0 (X11; Linux x86_64; rv:109.0) Gecko/20100101 Firefox/119.0": "mozilla",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; MyBot/2.1; +http://h/bot.html) Chrome/120.0.0.0 Safari/537.36":                "mybot",
		"Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/1 Mobile Safari/1 (compatible; B/2)": "b",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) AppleWebKit/605.1 (KHTML, like Gecko) Version/13.1 Safari/605.1 (MyBot/0.1; +http://h/b)":      "mybot",
		"Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko); compatible; MyBot/1.1; +https://h/bot":                                                   "mybot",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36 MyBot/1.0":                       "mybot",
	} {
		t.Run(agent, func(t *testing.T) {
			if got := robots.Product(agent); got != want {
				t.Errorf("Product(%q) = %q, want %q", agent, got, want)
			}
		})
	}
}
