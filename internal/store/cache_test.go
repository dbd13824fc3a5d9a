package store

import (
	"bytes"
	"fmt"
	"testing"
)

func TestConfigCacheIsPerTenantAndBounded(t *testing.T) {
	c := newConfigCache()
	key := configKey{"acme", "hash"}
	c.Put(key, []byte("config"))
	if got, _ := c.Get(key); string(got) != "config" {
		t.Errorf("got %q, want what was put", got)
	}
	if got, ok := c.Get(configKey{"globex", "hash"}); ok {
		t.Errorf("another tenant got %q", got)
	}
	big := bytes.Repeat([]byte("x"), maxCacheBytes/4)
	for i := range 8 {
		c.Get(key) // keeps it recent
		c.Put(configKey{"acme", fmt.Sprint(i)}, big)
	}
	kept := 0
	for i := range 8 {
		data, _ := c.Take(configKey{"acme", fmt.Sprint(i)})
		kept += len(data)
		if (data != nil) != (i >= 5) {
			t.Errorf("config %d is kept: %t, want the last used ones", i, data != nil)
		}
	}
	data, ok := c.Take(key)
	if !ok {
		t.Error("the config that was used last is not kept")
	}
	if kept += len(data); kept > maxCacheBytes {
		t.Errorf("%d bytes are kept, more than %d", kept, maxCacheBytes)
	}
}
