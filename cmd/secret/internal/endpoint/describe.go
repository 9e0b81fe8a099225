package endpoint

import (
	"slices"
	"time"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/rotate"
	"example.org/secret/vault"
)

// description is how answers tell the metadata of a secret. AWS has two names for the labels of its versions.
type description struct {
	identity
	Description            string              `json:",omitzero"`
	KmsKeyId               string              `json:",omitzero"`
	RotationEnabled        *bool               `json:",omitzero"`
	RotationLambdaARN      string              `json:",omitzero"`
	RotationRules          *rotationRules      `json:",omitzero"`
	LastRotatedDate        wire.Time           `json:",omitzero"`
	LastChangedDate        wire.Time           `json:",omitzero"`
	LastAccessedDate       wire.Time           `json:",omitzero"`
	DeletedDate            wire.Time           `json:",omitzero"`
	NextRotationDate       wire.Time           `json:",omitzero"`
	Tags                   []tag               `json:",omitzero"` // empty, but there, once the last was removed
	VersionIdsToStages     map[string][]string `json:",omitzero"`
	SecretVersionsToStages map[string][]string `json:",omitzero"`
	CreatedDate            wire.Time           `json:",omitzero"`
}

// describe describes a secret but for its versions. current is when its current version was made, or zero.
func (c *call) describe(meta vault.Meta, current time.Time) description {
	d := description{
		identity:         c.identity(meta),
		Description:      meta.Description,
		KmsKeyId:         keyID(meta),
		LastChangedDate:  wire.Time(meta.Changed),
		LastAccessedDate: wire.Time(c.accesses.Secret(meta.ID)),
		CreatedDate:      wire.Time(meta.Created),
	}
	if meta.Deletion != nil {
		d.DeletedDate = wire.Time(meta.Deletion.Due)
	}
	if meta.Tags != nil {
		d.Tags = []tag{}
		for key, value := range meta.Tags {
			d.Tags = append(d.Tags, tag{key, value})
		}
		slices.SortFunc(d.Tags, func(a, b tag) int { return compare(a.Key, b.Key) })
	}
	if r, err := rotate.Of(meta.Name, meta.Rotation); err == nil {
		c.describeRotation(&d, r, current)
	}
	return d
}

// keyID returns the key of a secret as the client named it, or by its name; empty for the master key.
func keyID(meta vault.Meta) string {
	if meta.KMSKeyID != "" {
		return meta.KMSKeyID
	}
	return meta.Key
}

// stagesByID returns the labels of all versions that have some, nil if none has. A rotation that has begun has a
// pending version without a value.
func stagesByID(s *vault.Secret) map[string][]string {
	var byID map[string][]string
	add := func(id string, stages ...string) {
		if byID == nil {
			byID = map[string][]string{}
		}
		byID[id] = append(byID[id], stages...)
	}
	for _, v := range s.Versions {
		if stages := stages(s, v.Number); stages != nil {
			add(v.ID, stages...)
		}
	}
	if token := tokenWithoutValue(s.Meta); token != "" {
		add(token, vault.Pending.AWS())
	}
	return byID
}

// listedStages is stagesByID for a secret of a listing.
func listedStages(listed vault.Listed, meta vault.Meta) map[string][]string {
	var byID map[string][]string
	add := func(id, stage string) {
		if byID == nil {
			byID = map[string][]string{}
		}
		byID[id] = append(byID[id], stage)
	}
	for label, id := range listed.VersionIDs() {
		add(id, label.AWS())
	}
	if token := tokenWithoutValue(meta); token != "" {
		add(token, vault.Pending.AWS())
	}
	for _, stages := range byID {
		slices.Sort(stages)
	}
	return byID
}

func tokenWithoutValue(meta vault.Meta) string {
	r, err := rotate.Of(meta.Name, meta.Rotation)
	if err != nil || r.Run == nil || r.Run.Step != rotate.Create {
		return ""
	}
	return r.Run.Token
}
