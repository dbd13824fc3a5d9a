package store

import (
	"bytes"
	"fmt"
	"testing"
)

func TestConfigCacheIsPerTenantAndBounded(t *testing.T) {
	var c configCache
	c.put("acme", "hash", []byte("config"))
	if got := c.get("acme", "hash"); string(got) != "config" {
		t.Errorf("got %q, want what was put", got)
	}
	if got := c.get("globex", "hash"); got != nil {
		t.Errorf("another tenant got %q", got)
	}
	big := bytes.Repeat([]byte("x"), maxCacheBytes/4)
	for i := range 8 {
		c.get("acme", "hash") // keeps it recent
		c.put("acme", fmt.Sprint(i), big)
	}
	if c.bytes > maxCacheBytes {
		t.Errorf("%d bytes are kept, more than %d", c.bytes, maxCacheBytes)
	}
	if c.get("acme", "0") != nil || c.get("acme", "7") == nil || c.get("acme", "hash") == nil {
		t.Error("what was used last is not what was kept")
	}
}
