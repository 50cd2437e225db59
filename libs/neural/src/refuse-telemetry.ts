/**
 * Keeps onnxruntime from telling its maker about this machine and its models. From release 1.29 on its builds for Linux and macOS do so by default:
 * they write an identifier of the device to the user's cache folder and send to mobile.events.data.microsoft.com. This setting, read once
 * when the library loads, is the full refusal (onnxruntime's pull requests 27379 and 29843).
 *
 * To be imported before onnxruntime, in a process's main thread: what a worker sets in its environment, the library doesn't see.
 */
process.env['ORT_DISABLE_TELEMETRY'] = '1'
