import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleFunction, type FunctionName } from '../../../../scripts/functions/bundle-function.ts';
import { type LambdaGateway, startGateway } from '../../../../test/servers/lambda-gateway.ts';
import { type LambdaFunction, startLambda } from '../../../../test/servers/lambda-runtime.ts';
import { type Cloud, createCloud } from '../services/cloud.ts';

/** A function as built by `npm run build:functions`, in its own folder. */
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

/** A function with its settings; each instance is frozen after its answer. */
export interface DeployedFunction extends AsyncDisposable {
  readonly lambda: LambdaFunction;
  readonly environment: Readonly<Record<string, string>>;
}

export async function deployFunction(
  { folder }: BuiltFunction,
  environment: Readonly<Record<string, string>>,
): Promise<DeployedFunction> {
  await using stack = new AsyncDisposableStack();
  const { path: dataDir } = stack.use(await mkdtempDisposable(join(tmpdir(), 'safelight-')));
  const all = { DATA_DIR: dataDir, ...environment };
  const lambda = stack.use(startLambda({ folder, environment: all, freezesAtRest: true }));
  const held = stack.move();
  return { lambda, environment: all, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The HTTP function behind an HTTP API. */
export interface HttpFunction extends DeployedFunction {
  readonly origin: LambdaGateway['url'];
}

/** A function must know its callers, or be open on purpose. */
const access = ({ AUTH }: Readonly<Record<string, string>>) => (AUTH === undefined ? { ALLOW_OPEN: 'true' } : {});

export async function deployHttpFunction(
  built: BuiltFunction,
  environment: Readonly<Record<string, string>>,
): Promise<HttpFunction> {
  await using stack = new AsyncDisposableStack();
  const deployed = stack.use(await deployFunction(built, { ...access(environment), ...environment }));
  const gateway = stack.use(await startGateway(deployed.lambda));
  const held = stack.move();
  return { ...deployed, origin: gateway.url, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Starts the function in a new cloud. */
export async function startHttpFunction(
  built: BuiltFunction,
  environment: Readonly<Record<string, string>> = {},
): Promise<HttpFunction & { readonly cloud: Cloud }> {
  await using stack = new AsyncDisposableStack();
  const cloud = stack.use(await createCloud());
  const deployed = stack.use(await deployHttpFunction(built, { ...cloud.environment, ...environment }));
  const held = stack.move();
  return { ...deployed, cloud, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
