package exchange

import (
	"bytes"
	"encoding/base64"
	"errors"
	"io"
	"maps"
	"slices"

	"example.org/secret/vault"

	"gopkg.in/yaml.v3"
)

// The annotations of a manifest that Export writes: the name of the secret, which may
// be none for Kubernetes, and its kind.
const (
	nameAnnotation = "secret/name"
	kindAnnotation = "secret/kind"
)

// parseKubernetes reads the Secrets among manifests. It passes over other objects, and
// over Secrets without data.
func parseKubernetes(data []byte) ([]Entry, error) {
	objects, err := manifests(data)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	var namespaces []string
	count := map[string]int{}
	for _, object := range objects {
		if object["kind"] != "Secret" {
			continue
		}
		entry, err := fromManifest(object)
		if err != nil {
			return nil, err
		}
		if entry.Value.Plain == nil && len(entry.Value.Fields) == 0 {
			continue
		}
		count[entry.Name]++
		entries = append(entries, entry)
		namespaces = append(namespaces, textOf(object["metadata"], "namespace"))
	}
	for i, namespace := range namespaces {
		if count[entries[i].Name] > 1 && namespace != "" {
			entries[i].Name = namespace + "/" + entries[i].Name
		}
	}
	return entries, nil
}

// manifests returns the objects in a file, and those in lists.
func manifests(data []byte) ([]map[string]any, error) {
	documents, err := decodeManifests(data)
	if err != nil {
		return nil, err
	}
	var objects []map[string]any
	for _, tree := range documents {
		document, _ := tree.(map[string]any)
		if err := refuseSOPS(document); err != nil {
			return nil, err
		}
		items, isList := document["items"].(list)
		if !isList {
			objects = append(objects, document)
		}
		for _, item := range items.items {
			object, _ := item.(map[string]any)
			if object != nil && document["kind"] == "SecretList" {
				object["kind"] = "Secret" // the server leaves it out
			}
			objects = append(objects, object)
		}
	}
	return objects, nil
}

// decodeManifests reads JSON, or any number of documents of YAML.
func decodeManifests(data []byte) ([]any, error) {
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("{")) {
		tree, err := decodeJSON(data)
		return []any{tree}, err
	}
	decoder, err := newYAMLDecoder(data)
	if err != nil {
		return nil, err
	}
	var documents []any
	for {
		root, err := nextYAML(decoder)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		if root == nil {
			continue
		}
		clearNulls(root)
		tree, err := yamlTree(root, 0)
		if err != nil {
			return nil, err
		}
		documents = append(documents, tree)
	}
}

// clearNulls replaces nulls by empty texts. The word null would pass for base64.
func clearNulls(node *yaml.Node) {
	if node.Kind == yaml.ScalarNode && node.Tag == "!!null" {
		node.Value = ""
	}
	for _, child := range node.Content {
		clearNulls(child)
	}
}

// textOf returns a member of a map, if both are there.
func textOf(tree any, name string) string {
	members, _ := tree.(map[string]any)
	value, _ := members[name].(string)
	return value
}

func fromManifest(object map[string]any) (Entry, error) {
	name := textOf(object["metadata"], "name")
	if name == "" {
		return Entry{}, formatf("a Secret in it has no metadata.name")
	}
	fields := map[string]vault.Bytes{}
	for _, part := range []string{"data", "stringData"} { // the second replaces, as in Kubernetes
		members, isMap := object[part].(map[string]any)
		values, ok := leaves(members)
		if isNull := object[part] == nil || object[part] == ""; !ok || !isMap && !isNull {
			return Entry{}, formatf("the %s of the Secret %q is not a map of texts", part, name)
		}
		for _, key := range slices.Sorted(maps.Keys(values)) {
			value := values[key]
			if part == "data" {
				decoded, err := base64.StdEncoding.DecodeString(string(value))
				if err != nil {
					return Entry{}, formatf("%q of the Secret %q is not base64; under stringData it may be plain text", key, name)
				}
				value = decoded
			}
			fields[key] = value
		}
	}
	metadata, _ := object["metadata"].(map[string]any)
	if original, err := vault.ParseName(textOf(metadata["annotations"], nameAnnotation)); err == nil {
		name = string(original)
	}
	kind, err := vault.ParseKind(textOf(metadata["annotations"], kindAnnotation))
	if value, ok := fields["value"]; ok && len(fields) == 1 && kind == vault.Plaintext {
		return plaintext(name, value), nil
	}
	entry := withFields(name, fields)
	if err == nil && kind != vault.Plaintext {
		entry.Kind = kind
	}
	return entry, nil
}
