{{- define "ott.credentialsFolder" -}}
/var/lib/ott-compliance
{{- end }}

{{- define "ott.modelsFolder" -}}
/var/lib/ott-models
{{- end }}

{{/* Settings of one service that are no secret, as YAML: what the chart knows, then the values, the service's own last. */}}
{{- define "ott.settings" -}}
{{- $root := .root }}
{{- $service := .service }}
{{- $settings := dict "HOST" "0.0.0.0" "PORT" (toString $service.port) }}
{{- if $service.kafka }}
{{- $_ := set $settings "KAFKA_BROKERS" $root.Values.kafka.brokers }}
{{- $_ := set $settings "KAFKA_PARTITIONS" (toString $root.Values.kafka.partitions) }}
{{- with $root.Values.kafka.topicPrefix }}{{ $_ := set $settings "KAFKA_TOPIC_PREFIX" . }}{{ end }}
{{- end }}
{{- if $service.credentials }}
{{- $_ := set $settings "CREDENTIALS_FILE" (printf "%s/credentials.json" (include "ott.credentialsFolder" $root)) }}
{{- end }}
{{- if $service.models }}
{{- if eq $root.Values.modelStore.source "bucket" }}
{{- $bucket := $root.Values.modelStore.bucket }}
{{- $_ := set $settings "MODEL_STORE" $bucket.url }}
{{- $_ := set $settings "MODEL_STORE_REGION" $bucket.region }}
{{- with $bucket.endpoint }}{{ $_ := set $settings "MODEL_STORE_ENDPOINT" . }}{{ end }}
{{- else }}
{{- $_ := set $settings "MODEL_STORE" (printf "file:%s" (include "ott.modelsFolder" $root)) }}
{{- end }}
{{- end }}
{{- if $service.readsSubgraphs }}
{{- range $name, $subgraph := include "ott.services" $root | fromYaml }}
{{- if $subgraph.subgraph }}
{{- $_ := set $settings (printf "SUBGRAPH_%s_URL" (include "ott.settingName" $name)) (printf "http://%s:%d/graphql" $name (int $subgraph.port)) }}
{{- end }}
{{- end }}
{{- end }}
{{- with $root.Values.tracing.endpoint }}{{ $_ := set $settings "OTEL_EXPORTER_OTLP_ENDPOINT" . }}{{ end }}
{{- toYaml (mustMergeOverwrite $settings (deepCopy $root.Values.settings) (deepCopy $service.settings)) }}
{{- end }}

{{/* A role's address, in trials. Passwords are of characters that need no escaping there: the schema says which. */}}
{{- define "ott.databaseAddress" -}}
{{- $database := .root.Values.secrets.database }}
{{- printf "postgres://%s:%s@%s:%d/%s" .user .password $database.host (int $database.port) $database.name }}
{{- end }}

{{- define "ott.databaseUrl" -}}
{{- $password := get .root.Values.secrets.database.passwords .name }}
{{- include "ott.databaseAddress" (dict "root" .root "user" (printf "ott_%s" (replace "-" "_" .name)) "password" $password) }}
{{- end }}

{{/* A quantity of memory in whole MiB: 1536Mi, 1.5Gi, 2G, 1073741824. */}}
{{- define "ott.mebibytes" -}}
{{- $factors := dict "" 1.0 "k" 1e3 "Ki" 1024.0 "M" 1e6 "Mi" 1048576.0 "G" 1e9 "Gi" 1073741824.0 "T" 1e12 "Ti" 1099511627776.0 }}
{{- divf (mulf (regexFind "^[0-9.]+" .) (get $factors (regexFind "[A-Za-z]*$" .))) 1048576.0 | floor | int }}
{{- end }}
