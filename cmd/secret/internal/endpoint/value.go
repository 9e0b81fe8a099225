package endpoint

import (
	"errors"
	"strings"

	"example.org/secret/cmd/secret/internal/endpoint/wire"
	"example.org/secret/vault"
)

// maxStrictSize is AWS's limit of a value, in bytes.
const maxStrictSize = 65536

// newValue returns the value that an input has, or nil if it has none.
func (c *call) newValue(text *string, binary []byte) (*vault.AWSValue, error) {
	switch {
	case text != nil && binary != nil:
		return nil, wire.Errorf(wire.InvalidParameter,
			"You can't specify both a binary secret value and a string secret value in the same secret.")
	case text == nil && binary == nil:
		return nil, nil
	}
	value := vault.AWSValue{Binary: binary}
	member, size := "secretBinary", len(binary)
	if text != nil {
		value.String, member, size = *text, "secretString", len(*text)
	}
	if c.StrictLimits && size > maxStrictSize {
		return nil, wire.Errorf(wire.Validation, "1 validation error detected: Value '***' at '%s' failed to satisfy"+
			" constraint: Member must have length less than or equal to %d", member, maxStrictSize)
	}
	return &value, nil
}

// checkToken checks a ClientRequestToken, which becomes the id of a version. SDKs make one if the program has none.
func checkToken(token *string, missing wire.Code) error {
	if token == nil {
		return wire.Errorf(missing, "You must provide a ClientRequestToken value. We recommend a UUID-type value.")
	}
	if vault.CheckVersionID(*token) != nil {
		return wire.Errorf(wire.InvalidParameter, "ClientRequestToken must be 32-64 characters long.")
	}
	return nil
}

// addVersion adds a version to a secret that is about to be committed. The error is [vault.ErrUnchanged] if it is
// there.
func (c *call) addVersion(s *vault.Secret, token string, value vault.AWSValue, labels []vault.Label) error {
	kind, content := value.Value()
	err := s.Add(vault.NewVersion{
		ID: token, Kind: kind, AnyKind: true, Value: content, Origin: vault.OriginAPI, Labels: labels,
	})
	if errors.Is(err, vault.ErrVersionExists) {
		return wire.Errorf(wire.ResourceExists,
			"You can't use ClientRequestToken %s because that value is already in use for"+
				" a version of secret %s.", token, c.arn(s.Name, s.ID))
	}
	return err
}

// setKey puts a secret under the key that AWS's API names by an id, an alias or an ARN.
func setKey(s *vault.Secret, key, kmsKeyID string) error {
	if err := s.SetKey(key); err != nil {
		return err
	}
	if key != "" {
		s.KMSKeyID = kmsKeyID
	}
	return nil
}

// defaultKey is the name of AWS for the key of secrets that name none.
const defaultKey = "alias/aws/secretsmanager"

// reachKey returns the name of a value key, or the empty name for the master key.
func (c *call) reachKey(kmsKeyID string) (string, error) {
	if kmsKeyID == "" || strings.HasSuffix(kmsKeyID, defaultKey) {
		return "", nil
	}
	name := kmsKeyID[strings.LastIndex(kmsKeyID, "/")+1:]
	if name == vault.MasterKeyName {
		return "", nil
	}
	err := vault.CheckValueKeyName(name)
	if err == nil {
		err = c.vault.ReachValueKey(name)
	}
	if errors.Is(err, vault.ErrInvalid) || errors.Is(err, vault.ErrNoSuchValueKey) {
		return "", wire.Errorf(wire.InvalidRequest,
			"The KMS key %s does not exist here; make it with: secret key new NAME", kmsKeyID)
	}
	return name, err
}

// parseStages parses the labels of an input.
func parseStages(stages []string) ([]vault.Label, error) {
	var labels []vault.Label
	for _, stage := range stages {
		label, err := vault.ParseAWSLabel(stage)
		if err != nil {
			return nil, err
		}
		labels = append(labels, label)
	}
	return labels, nil
}

// stages returns the labels of a version, nil if it has none.
func stages(s *vault.Secret, number int) []string {
	var stages []string
	for _, label := range s.LabelsOf(number) {
		stages = append(stages, label.AWS())
	}
	return stages
}

// secretValue is how answers tell a value.
type secretValue struct {
	identity
	VersionId     string    `json:",omitzero"`
	SecretBinary  []byte    `json:",omitzero"`
	SecretString  *string   `json:",omitzero"`
	VersionStages []string  `json:",omitzero"`
	CreatedDate   wire.Time `json:",omitzero"`
}

// find returns the version of a secret with an id, a label or both, which must agree. Without either it is AWSCURRENT.
func find(s *vault.Secret, id, stage *string) (vault.Version, error) {
	if err := s.Deleted(); err != nil {
		return vault.Version{}, err
	}
	var label vault.Label
	if stage != nil || id == nil {
		text := vault.Current.AWS()
		if stage != nil {
			text = *stage
		}
		var err error
		if label, err = vault.ParseAWSLabel(text); err != nil {
			return vault.Version{}, errNoStage(text)
		}
		if id == nil {
			version, err := s.Find(vault.Selector{Label: label})
			if errors.Is(err, vault.ErrNoVersion) {
				return vault.Version{}, errNoStage(text)
			}
			return version, err
		}
	}
	version, err := s.Find(vault.Selector{ID: *id})
	switch {
	case errors.Is(err, vault.ErrNoVersion):
		return vault.Version{}, errNoVersion(*id)
	case err == nil && stage != nil && s.Labels[label] != version.Number:
		return vault.Version{}, wire.Errorf(wire.InvalidRequest,
			"You provided a VersionStage that is not associated to the provided VersionId.")
	}
	return version, err
}

// handOut reads a value for the client.
func (c *call) handOut(secretID string, id, stage *string) (*secretValue, error) {
	name, err := c.name(secretID)
	if err != nil {
		return nil, err
	}
	s, err := c.vault.Get(name)
	if err != nil {
		return nil, err
	}
	version, err := find(s, id, stage)
	if err != nil {
		return nil, err
	}
	value, err := version.AWS()
	if err != nil {
		return nil, err
	}
	if c.HandedOut != nil {
		c.HandedOut(value)
	}
	c.accesses.Record(s.ID, version.ID)
	out := &secretValue{
		identity: c.identity(s.Meta), VersionId: version.ID, SecretBinary: value.Binary,
		VersionStages: stages(s, version.Number), CreatedDate: wire.Time(version.Created),
	}
	if value.Binary == nil {
		out.SecretString = &value.String
	}
	return out, nil
}
