package dynamolocal

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// listening returns the IP addresses that a process listens on, from /proc.
func listening(t *testing.T, pid int) (all []net.IP) {
	t.Helper()
	var sockets []string
	files, err := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		target, _ := os.Readlink(file) // the process may have closed it meanwhile
		if inode, ok := strings.CutPrefix(target, "socket:["); ok {
			sockets = append(sockets, strings.TrimSuffix(inode, "]"))
		}
	}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6"} {
		f, err := os.Open(fmt.Sprintf("/proc/%d/net/%s", pid, table))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			fields := strings.Fields(lines.Text())
			const tcpListen = "0A"
			if len(fields) < 10 || !slices.Contains(sockets, fields[9]) || strings.HasPrefix(table, "tcp") && fields[3] != tcpListen {
				continue
			}
			address, _, _ := strings.Cut(fields[1], ":")
			ip, err := hex.DecodeString(address)
			if err != nil {
				t.Fatal(err)
			}
			for i := 0; i < len(ip); i += 4 { // each word is in the byte order of the machine
				slices.Reverse(ip[i : i+4])
			}
			all = append(all, net.IP(ip))
		}
	}
	return all
}

// The database has no password, so other machines must not reach it.
func TestListensOnLoopbackOnly(t *testing.T) {
	for name, dir := range map[string]string{"in memory": "", "on disk": t.TempDir()} {
		t.Run(name, func(t *testing.T) {
			s := start(t, Options{DataDir: dir})
			if s.output == nil || s.pid == 0 {
				t.Skip("DynamoDB Local runs in a container")
			}
			addresses := listening(t, s.pid)
			if len(addresses) == 0 {
				t.Fatal("the server listens on no socket")
			}
			for _, ip := range addresses {
				if !ip.IsLoopback() {
					t.Errorf("the server listens on %s", ip)
				}
			}
		})
	}
}
