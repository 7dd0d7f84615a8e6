import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TemplateName } from '../../deploy/aws/templates.ts';

/** A committed template of deploy/aws. */
export interface Template {
  readonly Parameters: Readonly<Record<string, { readonly Default?: string | number; readonly NoEcho?: boolean }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export const readTemplate = (name: TemplateName): Template =>
  JSON.parse(readFileSync(join(import.meta.dirname, `../../deploy/aws/${name}.template.json`), 'utf8')) as Template;

export interface Values {
  /** Those without a default are required. */
  readonly parameters: Readonly<Record<string, string | number>>;
  readonly region?: string;
  readonly account?: string;
  /** What Ref gives for a resource; by default its logical id. */
  readonly refs?: Readonly<Record<string, string>>;
  /** What Fn::GetAtt gives, by `Id.Attribute`; by default these words. */
  readonly attributes?: Readonly<Record<string, string>>;
}

const NOTHING = Symbol('AWS::NoValue');

/**
 * The template with its parameters, conditions and functions worked out, as CloudFormation would. Errors: for a
 * parameter without a value, or one that the template lacks, and for a function that no template of ours has.
 */
export function resolved(
  template: Template,
  { parameters, region = 'eu-central-1', account = '111122223333', refs = {}, attributes = {} }: Values,
): Template {
  const unknown = Object.keys(parameters).find((name) => !(name in template.Parameters));
  if (unknown !== undefined) throw new Error(`expected parameters of the template; got ${unknown}`);
  const pseudo: Readonly<Record<string, unknown>> = {
    'AWS::NoValue': NOTHING,
    'AWS::Region': region,
    'AWS::AccountId': account,
    'AWS::Partition': 'aws',
    'AWS::URLSuffix': 'amazonaws.com',
    'AWS::StackName': 'safelight',
  };

  const refOf = (name: string): unknown => {
    if (name in pseudo) return pseudo[name];
    const parameter = template.Parameters[name];
    if (parameter === undefined) return refs[name] ?? name;
    const value = parameters[name] ?? parameter.Default;
    if (value === undefined) throw new Error(`expected a value of the parameter ${name}; got none`);
    return value;
  };
  const functions: Readonly<Record<string, (argument: never) => unknown>> = {
    Ref: refOf,
    'Fn::GetAtt': ([id, attribute]: [string, string]) => attributes[`${id}.${attribute}`] ?? `${id}.${attribute}`,
    'Fn::Join': ([separator, parts]: [string, unknown]) => (worked(parts) as unknown[]).join(separator),
    'Fn::Split': ([separator, text]: [string, unknown]) => String(worked(text)).split(separator),
    'Fn::Select': ([index, parts]: [number, unknown]) => (worked(parts) as unknown[])[index],
    'Fn::If': ([condition, then, otherwise]: [string, unknown, unknown]) =>
      worked(worked(template.Conditions?.[condition]) ? then : otherwise),
    'Fn::Not': ([condition]: [unknown]) => !worked(condition),
    'Fn::Equals': ([one, other]: [unknown, unknown]) => worked(one) === worked(other),
  };

  function worked(value: unknown): unknown {
    if (Array.isArray(value)) return value.map(worked).filter((one) => one !== NOTHING);
    if (typeof value !== 'object' || value === null) return value;
    const [[name, argument] = ['', undefined], ...others] = Object.entries(value);
    if (others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'))) {
      const apply = functions[name];
      if (apply === undefined) throw new Error(`expected a function that our templates have; got ${name}`);
      return apply(argument as never);
    }
    const entries = Object.entries(value).map(([key, one]) => [key, worked(one)] as const);
    return Object.fromEntries(entries.filter(([, one]) => one !== NOTHING));
  }

  const { Resources, Outputs, ...rest } = template;
  return {
    ...rest,
    Resources: worked(Resources) as Template['Resources'],
    Outputs: worked(Outputs ?? {}) as NonNullable<Template['Outputs']>,
  };
}
