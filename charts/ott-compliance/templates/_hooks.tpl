{{/* What the migration needs: made before it, removed when all of it is done. */}}
{{- define "ott.beforePods" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: {{ .weight | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}
