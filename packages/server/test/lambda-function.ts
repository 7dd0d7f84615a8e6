import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunction, type FunctionName } from '../../../scripts/bundle-function.ts';
import { type LambdaGateway, startGateway } from '../../../test-servers/lambda-gateway.ts';
import { type LambdaFunction, startLambda } from '../../../test-servers/lambda-runtime.ts';
import { type Cloud, createCloud } from './cloud.ts';

/** A function as `npm run build` makes it, in a folder of its own. */
export interface BuiltFunction extends AsyncDisposable {
  readonly folder: string;
  readonly codeBytes: number;
}

export async function buildFunction(name: FunctionName): Promise<BuiltFunction> {
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await mkdtempDisposable(join(tmpdir(), `safelight-lambda-${name}-`)));
  const folder = join(path, name);
  const codeBytes = await bundleFunction(name, folder);
  const held = stack.move();
  return { folder, codeBytes, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A function in a cloud of its own; each instance is frozen as soon as it has answered. */
export interface FunctionInCloud extends AsyncDisposable {
  readonly cloud: Cloud;
  readonly lambda: LambdaFunction;
  readonly environment: Readonly<Record<string, string>>;
}

export async function startFunction(
  { folder }: BuiltFunction,
  environment: Readonly<Record<string, string>> = {},
): Promise<FunctionInCloud> {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createCloud());
  const { path: dataDir } = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-')));
  const all = { ALLOW_OPEN: 'true', DATA_DIR: dataDir, ...cloud.environment, ...environment };
  const lambda = stack.use(startLambda({ folder, environment: all, freezesAtRest: true }));
  const held = stack.move();
  return { cloud, lambda, environment: all, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The HTTP function behind an HTTP API. */
export interface HttpFunction extends FunctionInCloud {
  readonly origin: LambdaGateway['url'];
}

export async function startHttpFunction(
  built: BuiltFunction,
  environment: Readonly<Record<string, string>> = {},
): Promise<HttpFunction> {
  await using stack = new AsyncDisposableStack();
  const running = stack.use(await startFunction(built, environment));
  const gateway = stack.use(await startGateway(running.lambda));
  const held = stack.move();
  return { ...running, origin: gateway.url, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
