package grpcauth

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"google.golang.org/grpc"
)

// Check reports every method that an option names and the server does not have, in one
// error: a requirement for a misspelt method protects nothing. Call it once all services
// are registered, before the server serves.
//
//	if err := auth.Check(server); err != nil {
//		log.Fatal(err)
//	}
//
// The methods of [WithPublicHealth] and [WithPublicReflection] need not exist. A server
// that serves methods by grpc.UnknownServiceHandler has no list of them; Check is not
// for those.
func (i *Interceptors) Check(s interface {
	GetServiceInfo() map[string]grpc.ServiceInfo
}) error {
	i.mustBeMade("Check")
	exist := map[string]bool{}
	for service, info := range s.GetServiceInfo() {
		for _, m := range info.Methods {
			exist["/"+service+"/"+m.Name] = true
		}
	}
	var missing []string
	for _, m := range slices.Sorted(maps.Keys(i.required)) {
		if !exist[m] {
			missing = append(missing, m)
		}
	}
	for _, m := range slices.Sorted(maps.Keys(i.public)) {
		if !exist[m] && !strings.HasPrefix(m, "/grpc.health.") && !strings.HasPrefix(m, "/grpc.reflection.") {
			missing = append(missing, m)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return errors.New("grpcauth: Check: the server has no method " + strings.Join(missing, ", ") + "; correct the names, or register the services first")
}
