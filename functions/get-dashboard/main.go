// Command get-dashboard is the Lambda function of GET / and GET /assets/{asset}.
package main

import (
	"github.com/inndx/runs/internal/api"
	"github.com/inndx/runs/internal/dashboard"
	"github.com/inndx/runs/internal/lambdafn"
)

func main() { lambdafn.ServeDashboard(open) }

func open(env lambdafn.DashboardEnvironment) api.Dashboard {
	page := dashboard.Page(dashboard.Settings{
		AuthMode: env.AuthMode, Issuer: env.Issuer, ClientID: env.ClientID, Scopes: env.Scopes, Token: env.Token,
	})
	return api.Dashboard{Page: func() []byte { return page }, Asset: dashboard.Asset, Connect: env.Connect}
}
