{{/* What every container may: nothing beyond its own process. */}}
{{- define "ott.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities:
  drop: [ALL]
{{- end }}

{{- define "ott.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .Values.pod.runAsUser }}
runAsGroup: {{ .Values.pod.runAsUser }}
fsGroup: {{ .Values.pod.runAsUser }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{/* Over zones, then over nodes; of each generation of pods by itself, so that a rollout ends evenly spread. */}}
{{- define "ott.spread" -}}
{{- range $index, $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
{{- if $index }}
{{ end -}}
- topologyKey: {{ $key }}
  maxSkew: 1
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      {{- include "ott.selector" $ | nindent 6 }}
  matchLabelKeys: [pod-template-hash]
{{- end }}
{{- end }}

{{- define "ott.pullSecrets" -}}
{{- with .Values.image.pullSecrets -}}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{/* Deployment of one service: `.track` is stable or canary. */}}
{{- define "ott.deployment" -}}
{{- $root := .root }}
{{- $name := .name }}
{{- $service := .service }}
{{- $isCanary := eq .track "canary" }}
{{- $labels := dict "root" $root "component" $name }}
{{- $keepsModels := and $service.models (eq $root.Values.modelStore.source "volume") }}
{{- $asksBucket := and $service.models (not $keepsModels) }}
{{- $keepsFile := and $service.credentials (eq $root.Values.tenantCredentials.source "volume") }}
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $name }}{{ if $isCanary }}-canary{{ end }}
  labels:
    {{- include "ott.labels" $labels | nindent 4 }}
    version: {{ .track }}
spec:
  {{- if $isCanary }}
  replicas: {{ $service.canary.replicas }}
  {{- else if not $service.autoscaling.enabled }}
  replicas: {{ $service.replicas }}
  {{- end }}
  revisionHistoryLimit: 5
  progressDeadlineSeconds: 600
  minReadySeconds: {{ $service.rollout.minReadySeconds }}
  strategy:
    {{- if or $keepsFile (eq $service.rollout.type "Recreate") }}
    type: Recreate
    {{- else }}
    type: RollingUpdate
    rollingUpdate:
      maxSurge: {{ $service.rollout.maxSurge }}
      maxUnavailable: {{ $service.rollout.maxUnavailable }}
    {{- end }}
  selector:
    matchLabels:
      {{- include "ott.selector" $labels | nindent 6 }}
      version: {{ .track }}
  template:
    metadata:
      labels:
        {{- include "ott.selector" $labels | nindent 8 }}
        app: {{ $name }}
        version: {{ .track }}
      annotations:
        # A pod reads its settings when it starts: other settings are another pod.
        checksum/settings: {{ include "ott.settings" . | sha256sum }}
        {{- if and $root.Values.secrets.create $service.database }}
        checksum/database: {{ include "ott.databaseUrl" . | sha256sum }}
        {{- end }}
        {{- with $service.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ $name }}
      automountServiceAccountToken: false
      enableServiceLinks: false
      terminationGracePeriodSeconds: {{ $root.Values.pod.terminationGracePeriodSeconds }}
      {{- with include "ott.pullSecrets" $root }}
      {{- . | nindent 6 }}
      {{- end }}
      securityContext:
        {{- include "ott.podSecurity" $root | nindent 8 }}
      topologySpreadConstraints:
        {{- include "ott.spread" $labels | nindent 8 }}
      {{- with $service.priorityClassName }}
      priorityClassName: {{ . }}
      {{- end }}
      {{- with $service.nodeSelector }}
      nodeSelector:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      {{- with $service.tolerations }}
      tolerations:
        {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ $name }}
          image: {{ include "ott.image" (dict "root" $root "component" $name "image" (ternary $service.canary.image $service.image $isCanary)) }}
          imagePullPolicy: {{ $root.Values.image.pullPolicy }}
          ports:
            - name: http
              containerPort: {{ $service.port }}
          envFrom:
            - configMapRef:
                name: {{ $name }}-settings
          {{- $signs := $service.signsDecisions }}
          {{- if or $service.database $asksBucket $signs }}
          env:
            {{- if $service.database }}
            - name: DATABASE_URL
              valueFrom:
                secretKeyRef:
                  name: {{ include "ott.databaseSecret" . }}
                  key: {{ $service.databaseSecret.key }}
            {{- end }}
            {{- if $signs }}
            - name: DECISION_LOG_SIGNING_KEY
              valueFrom:
                secretKeyRef:
                  name: {{ $root.Values.decisionLog.signingKey.secret }}
                  key: {{ $root.Values.decisionLog.signingKey.key }}
                  optional: true
            {{- end }}
            {{- if $asksBucket }}
            {{- range list "MODEL_STORE_ACCESS_KEY_ID" "MODEL_STORE_SECRET_ACCESS_KEY" }}
            - name: {{ . }}
              valueFrom:
                secretKeyRef:
                  name: {{ $root.Values.modelStore.bucket.secret }}
                  key: {{ . }}
            {{- end }}
            {{- end }}
          {{- end }}
          startupProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 2
            timeoutSeconds: 2
            failureThreshold: {{ div $root.Values.pod.startupSeconds 2 }}
          livenessProbe:
            httpGet: { path: /healthz, port: http }
            periodSeconds: 10
            timeoutSeconds: 3
            failureThreshold: 3
          readinessProbe:
            httpGet: { path: /readyz, port: http }
            periodSeconds: 5
            timeoutSeconds: 3
            failureThreshold: 2
          lifecycle:
            preStop:
              sleep:
                seconds: {{ $root.Values.pod.preStopSeconds }}
          resources:
            {{- toYaml $service.resources | nindent 12 }}
          securityContext:
            {{- include "ott.containerSecurity" $root | nindent 12 }}
          volumeMounts:
            - name: tmp
              mountPath: /tmp
            {{- if $service.credentials }}
            - name: credentials
              mountPath: {{ include "ott.credentialsFolder" $root }}
              {{- if not $keepsFile }}
              readOnly: true
              {{- end }}
            {{- end }}
            {{- if $keepsModels }}
            - name: models
              mountPath: {{ include "ott.modelsFolder" $root }}
            {{- end }}
      volumes:
        - name: tmp
          emptyDir:
            sizeLimit: 64Mi
        {{- if $keepsModels }}
        - name: models
          persistentVolumeClaim:
            claimName: {{ $name }}-models
        {{- end }}
        {{- if $keepsFile }}
        - name: credentials
          persistentVolumeClaim:
            claimName: {{ $name }}-credentials
        {{- else if $service.credentials }}
        - name: credentials
          secret:
            secretName: {{ $root.Values.tenantCredentials.secret.name }}
            defaultMode: 0440
            items:
              - key: {{ $root.Values.tenantCredentials.secret.key }}
                path: credentials.json
        {{- end }}
{{- end }}
