{{/* Labels that select: they never change between releases. `.component` names the service. */}}
{{- define "ott.selector" -}}
app.kubernetes.io/name: ott-compliance
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{/* Labels of an object. They change with the chart, so they are on no pod: a new chart alone restarts nothing. */}}
{{- define "ott.labels" -}}
{{ include "ott.selector" . }}
app.kubernetes.io/part-of: ott-compliance
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- end }}

{{/* All pods of this release. */}}
{{- define "ott.everyPod" -}}
app.kubernetes.io/name: ott-compliance
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Image of `.component`: `.image` is a tag, or a whole reference where it contains a slash; empty means the chart's. */}}
{{- define "ott.image" -}}
{{- $image := .root.Values.image }}
{{- if contains "/" .image }}
{{- .image }}
{{- else }}
{{- $tag := .image | default $image.tag | default .root.Chart.AppVersion }}
{{- printf "%s/%s:%s" (trimPrefix "/" (printf "%s/%s" $image.registry $image.prefix)) .component $tag }}
{{- end }}
{{- end }}

{{/*
One service as YAML: its entry over `defaults`, its canary over the chart's. The only place where they are laid together.
Services that are switched off give nothing.
*/}}
{{- define "ott.service" -}}
{{- $entry := get .root.Values.services .name }}
{{- $service := mustMergeOverwrite (deepCopy .root.Values.defaults) (deepCopy $entry) }}
{{- $_ := set $service "canary" (mustMergeOverwrite (deepCopy .root.Values.canary) $service.canary) }}
{{- if $service.enabled }}
{{- toYaml $service }}
{{- end }}
{{- end }}

{{/* All services that are on, by name. */}}
{{- define "ott.services" -}}
{{- $root := . }}
{{- $all := dict }}
{{- range $name, $_ := .Values.services }}
{{- $service := include "ott.service" (dict "root" $root "name" $name) | fromYaml }}
{{- if $service }}{{ $_ := set $all $name $service }}{{ end }}
{{- end }}
{{- toYaml $all }}
{{- end }}

{{- define "ott.databaseSecret" -}}
{{ .service.databaseSecret.name | default (printf "%s-database" .name) }}
{{- end }}

{{/* `ml-scoring` → `ML_SCORING`, as in the names of settings. */}}
{{- define "ott.settingName" -}}
{{ . | upper | replace "-" "_" }}
{{- end }}
