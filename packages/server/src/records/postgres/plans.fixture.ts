import type { Parameter, Statements } from './database.ts';

/** `statements`, whose statements are explained before they run: `plans` has the plan of each. */
export function withPlans<Given extends Statements>(statements: Given): Given & { readonly plans: readonly string[] } {
  const plans: string[] = [];
  const explain = async (sql: string, parameters?: readonly Parameter[]): Promise<void> => {
    const lines = await statements.rows(`EXPLAIN ${sql}`, parameters);
    plans.push(lines.join('\n'));
  };
  return {
    ...statements,
    plans,
    async rows(sql, parameters) {
      await explain(sql, parameters);
      return statements.rows(sql, parameters);
    },
    async change(sql, parameters) {
      await explain(sql, parameters);
      return statements.change(sql, parameters);
    },
  };
}
