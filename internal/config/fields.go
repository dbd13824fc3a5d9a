package config

import "github.com/inndx/runs/internal/strictjson"

// A field is a member of a configuration.
type field struct {
	// read sets the member of c from the object, if the object has it.
	read func(r *reader, o *strictjson.Object, c *Config)
	// resolve fills in the member's defaults.
	resolve func(c *Config)
}

// fields are the members of a configuration. Errors list faults and known members in this order.
var fields = []field{
	userAgentField,
	seeds.field(),
	stoppingCriteria.field(),
	startingCriteria.field(),
	filters.field(),
	policies.field(),
	speedField,
	fetcherField,
	trapsField,
	maxQueueSizeField,
	rankerField,
	mutatorsField,
	pipelinesField,
	externalField,
	recordField,
}

// group returns the object that is the member of that name.
func group(o *strictjson.Object, name string) (*strictjson.Object, bool) {
	v, ok := o.Member(name)
	if !ok {
		return nil, false
	}
	return v.Object()
}
