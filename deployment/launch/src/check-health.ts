import { get } from 'node:http'

/** The health check of a container: exit code 0 when the program in it is ready, with a sentence on why when it isn't. */
const url = `http://127.0.0.1:${process.env['EDGE_PORT'] || process.env['PORT']}/readyz`

function end(code: number, said: string): void {
  process.stdout.write(`${said}\n`)
  process.exit(code)
}

const request = get(url, { timeout: 3_000 }, (response) => {
  let body = ''
  response.on('data', (chunk) => (body += String(chunk).slice(0, 2_000)))
  response.on('end', () => end(response.statusCode === 200 ? 0 : 1, `${response.statusCode} ${body}`))
})
request.on('timeout', () => end(1, `${url} didn't answer within 3 s`))
request.on('error', (error) => end(1, `${url}: ${error.message}`))
