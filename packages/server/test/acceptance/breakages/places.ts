import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync } from 'oxc-parser';

/** A part of a source file: `source.slice(start, end)`. */
export interface Place {
  /** Below the repository. */
  readonly file: string;
  readonly source: string;
  readonly start: number;
  readonly end: number;
}

/** A function, a constant, a class, or a key of an object. */
interface Declared {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

interface Module {
  readonly file: string;
  readonly source: string;
  /** Declarations on the level of the module. */
  readonly outer: readonly Declared[];
  /** Declarations and keys on any level. */
  readonly all: readonly Declared[];
}

const SERVER = 'packages/server/src/';
const isTest = (file: string): boolean => /\.(?:test|contract|fixture)\.ts$/.test(file);

/**
 * Finds places in the code below `root`. A place is the name of a declaration in packages/server/src, and after dots
 * the names of what is declared in it: `createUpload`, `PROBLEMS.invalid-cursor`. The end of a path comes before the
 * name if several files declare it, or a file of another package does: `sqlite/upkeep.ts: createUpkeep`. A path alone
 * is the whole file.
 */
export function createPlaces(root: string): (place: string) => Place {
  const files = globSync('packages/*/src/**/*.{ts,tsx,js}', { cwd: root }).filter((file) => !isTest(file));
  const sources = new Map(files.map((file) => [file, readFileSync(join(root, file), 'utf8')]));
  const modules = new Map<string, Module>();
  const moduleOf = (file: string): Module => {
    const known = modules.get(file) ?? parsed(file, sources.get(file) ?? '');
    modules.set(file, known);
    return known;
  };

  return (place) => {
    const [, path, names = ''] = /^(?:(\S+\.(?:ts|tsx|js))(?:: |$))?(.*)$/.exec(place) ?? [];
    const [outermost = '', ...inner] = names.split('.');
    const found = files
      .filter((file) => (path === undefined ? file.startsWith(SERVER) : `/${file}`.endsWith(`/${path}`)))
      .filter((file) => sources.get(file)?.includes(outermost))
      .map(moduleOf)
      .flatMap((module) => declarationsNamed(outermost, module).map((declared) => ({ ...module, ...declared })));
    const [one, another] = found;
    if (!one) throw new Error(`expected a declaration ${place}; found none`);
    if (another) throw new Error(`expected one declaration ${place}; got those of ${one.file} and ${another.file}`);
    return { ...one, ...innermost(inner, one) };
  };
}

const declarationsNamed = (name: string, { source, outer }: Module): readonly Declared[] =>
  name === '' ? [{ name, start: 0, end: source.length }] : outer.filter((one) => one.name === name);

/** Follows the names into a declaration. */
function innermost(names: readonly string[], outside: Module & Declared): Declared {
  let declared: Declared = outside;
  for (const name of names) {
    const { start, end } = declared;
    const within = outside.all.filter(
      (one) => one.name === name && one.start >= start && one.end <= end && one.end - one.start < end - start,
    );
    const [one] = within;
    if (!one || within.length > 1) throw new Error(`expected one ${name} in ${declared.name}; got ${within.length}`);
    declared = one;
  }
  return declared;
}

function parsed(file: string, source: string): Module {
  const { program } = parseSync(file, source);
  return { file, source, outer: program.body.flatMap(declaredBy), all: declaredWithin(program) };
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
}

const isNode = (value: unknown): value is Node => typeof (value as Node | null)?.type === 'string';

const childrenOf = (node: Node): Node[] => Object.values(node).flat().filter(isNode);

/** A field of a node that is a node. */
function childOf(node: Node, field: string): Node | undefined {
  const child: unknown = Reflect.get(node, field);
  return isNode(child) ? child : undefined;
}

/** The declaration that a statement exports, or the statement itself. */
const exported = (statement: Node): Node => childOf(statement, 'declaration') ?? statement;

const NAMED = ['FunctionDeclaration', 'ClassDeclaration'];

/** The declarations of a statement. If there is one, its text is that of the whole statement. */
function declaredBy(statement: Node): Declared[] {
  const declaration = exported(statement);
  const declarators = childrenOf(declaration).filter(({ type }) => type === 'VariableDeclarator');
  return (NAMED.includes(declaration.type) ? [declaration] : declarators).flatMap((one) => {
    const { start, end } = declarators.length > 1 ? one : statement;
    return nameOf(childOf(one, 'id')).map((name) => ({ name, start, end }));
  });
}

const KEYED = ['Property', 'MethodDefinition', 'PropertyDefinition'];

/** All declarations and keys within a node, but for the names of parameters. */
function declaredWithin(node: Node): Declared[] {
  const children = childrenOf(exported(node));
  const keyed = node.type === 'ObjectPattern' ? [] : children.filter(({ type }) => KEYED.includes(type));
  const keys = keyed
    .filter((one) => Reflect.get(one, 'shorthand') !== true)
    .flatMap((one) => nameOf(childOf(one, 'key')).map((name) => ({ name, start: one.start, end: one.end })));
  return [...declaredBy(node), ...keys, ...children.flatMap(declaredWithin)];
}

function nameOf(node: Node | undefined): string[] {
  if (node?.type === 'Identifier') return [String(Reflect.get(node, 'name'))];
  return node?.type === 'Literal' ? [String(Reflect.get(node, 'value'))] : [];
}
