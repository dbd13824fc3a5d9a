// Package dashboard is the web page of the service. It shows and steers jobs and runs by the public
// API only. web has its sources and the script that makes dist of them.
package dashboard

import (
	"bytes"
	"embed"
	"encoding/json"
	"html"
	"io/fs"
	"path"
)

//go:embed dist
var dist embed.FS

// Settings are what a page must know of its service. They are public.
type Settings struct {
	// AuthMode is "iam", "jwt" or "none", as in the template.
	AuthMode string `json:"auth_mode"`
	// Issuer and ClientID name the OpenID Connect client that users sign in by, if AuthMode is
	// "jwt". Without a ClientID, users paste a token.
	Issuer   string `json:"issuer,omitempty"`
	ClientID string `json:"client_id,omitempty"`
	// Scopes are the scopes that the client asks for, with spaces between.
	Scopes string `json:"scopes,omitempty"`
	// Token is the token of the provider's response that the API accepts: "access_token" or
	// "id_token".
	Token string `json:"token,omitempty"`
}

// Page returns the HTML page. It refers to its assets relative to its own URL, which must end in a
// slash.
func Page(s Settings) []byte {
	page, err := dist.ReadFile("dist/index.html")
	if err != nil {
		panic(err) // unreachable: the file is embedded
	}
	settings, err := json.Marshal(s)
	if err != nil {
		panic(err) // unreachable: strings can be encoded
	}
	return bytes.Replace(page, []byte("{{settings}}"), []byte(html.EscapeString(string(settings))), 1)
}

// Asset returns an asset of the page, such as "app-2NQ6GX5L.js", and its media type. Its name has a
// hash of the content, so an asset never changes. It returns false if there is no such asset.
func Asset(name string) (content []byte, contentType string, ok bool) {
	content, err := fs.ReadFile(dist, path.Join("dist/assets", path.Base(name)))
	if err != nil || path.Base(name) != name {
		return nil, "", false
	}
	return content, mediaTypes[path.Ext(name)], true
}

// mediaTypes are the types of assets by their extensions. The table of package mime depends on the
// machine, and browsers run no script of another type.
var mediaTypes = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
