import { type InstanceOptions, type LambdaInstance, type Outcome, startInstance } from './lambda-instance.ts';

export interface LambdaOptions extends Pick<InstanceOptions, 'folder' | 'environment'> {
  readonly timeoutSeconds?: number;
  readonly freezesAtRest?: boolean;
  /** More events than this wait; Lambda would start more instances. */
  readonly maxInstances?: number;
}

/** A function as Lambda runs it: an instance for each event that arrives while the others are busy. */
export interface LambdaFunction extends AsyncDisposable {
  invoke(event: unknown): Promise<Outcome>;
  /** In order of their start. */
  instances(): readonly LambdaInstance[];
  /** The output of all instances so far, also of those that have ended. */
  output(): string;
}

export function startLambda({
  folder,
  environment,
  timeoutSeconds = 30,
  freezesAtRest = false,
  maxInstances = 4,
}: LambdaOptions): LambdaFunction {
  const instances = new Set<LambdaInstance>();
  const started: LambdaInstance[] = [];
  const waiting: (() => void)[] = [];
  let places = maxInstances;

  const free = (): LambdaInstance | undefined => {
    for (const instance of instances) if (instance.isEnding()) instances.delete(instance);
    return [...instances].find((one) => one.isFree());
  };
  const startWith = async (event: unknown): Promise<Outcome> => {
    const instance = await startInstance({ folder, environment, timeoutSeconds, freezesAtRest });
    instances.add(instance);
    started.push(instance);
    return instance.invoke(event); // synchronously, before another event takes it
  };

  return {
    async invoke(event) {
      if (places === 0) await new Promise<void>((resolve) => waiting.push(resolve));
      else places -= 1;
      try {
        return await (free()?.invoke(event) ?? startWith(event));
      } finally {
        const next = waiting.shift();
        if (next) next();
        else places += 1;
      }
    },
    instances: () => [...instances],
    output: () => started.map((one) => one.output()).join(''),
    async [Symbol.asyncDispose]() {
      await Promise.all([...instances].map((one) => one[Symbol.asyncDispose]()));
    },
  };
}
