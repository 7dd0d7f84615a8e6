// The work of Lambda's Node runtime between its API and a handler. Plain JavaScript like that, because it counts as
// init.
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT = '', _HANDLER = '' } = process.env;
const API = `http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

const agent = new Agent({ keepAlive: true, maxSockets: 1 });

/** Waits as long as it takes. */
function call(method, path, body) {
  const { promise, resolve, reject } = Promise.withResolvers();
  const outgoing = request(`${API}/${path}`, { method, agent }, async (answer) => {
    try {
      const chunks = await answer.toArray();
      resolve({ status: answer.statusCode, headers: answer.headers, body: Buffer.concat(chunks).toString() });
    } catch (error) {
      reject(error);
    }
  });
  outgoing.on('error', reject).end(body);
  return promise;
}

const described = (error) =>
  error instanceof Error
    ? { errorType: error.name, errorMessage: error.message, stackTrace: String(error.stack).split('\n').slice(1) }
    : { errorType: typeof error, errorMessage: String(error), stackTrace: [] };

async function loadHandler() {
  const [file, name] = _HANDLER.split('.');
  try {
    return (await import(pathToFileURL(join(LAMBDA_TASK_ROOT, `${file}.mjs`)).href))[name];
  } catch (error) {
    await call('POST', 'init/error', JSON.stringify(described(error)));
    return process.exit(1);
  }
}

const handle = await loadHandler();
for (;;) {
  const { headers, body } = await call('GET', 'invocation/next');
  const awsRequestId = headers['lambda-runtime-aws-request-id'];
  const deadline = Number(headers['lambda-runtime-deadline-ms']);
  const context = { awsRequestId, getRemainingTimeInMillis: () => deadline - Date.now() };
  const [outcome, told] = await Promise.resolve(handle(JSON.parse(body), context)).then(
    (result) => ['response', JSON.stringify(result) ?? 'null'],
    (error) => ['error', JSON.stringify(described(error))],
  );
  await call('POST', `invocation/${awsRequestId}/${outcome}`, told);
}
