{{/* One rule of a network policy: peers (none: everyone) at these TCP ports. `.direction` is from or to. */}}
{{- define "ott.peers" -}}
- ports:
    {{- range .ports }}
    - { protocol: TCP, port: {{ . }} }
    {{- if $.alsoUdp }}
    - { protocol: UDP, port: {{ . }} }
    {{- end }}
    {{- end }}
  {{- with .peers }}
  {{ $.direction }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
{{- end }}
