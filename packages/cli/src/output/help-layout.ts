import { Help } from 'commander';
import wrapAnsi from 'wrap-ansi';
import { DEFAULT_COLUMNS } from './sink.ts';

/** A description needs so many columns beside its option; on narrower terminals it stands below. */
const LEAST_COLUMNS = 28;
const INDENT = '      ';

/** commander's help, which also reads well on a terminal of 40 columns: by itself it would break words there. */
export const HELP_LAYOUT: Partial<Help> = {
  showGlobalOptions: true,
  minWidthToWrap: LEAST_COLUMNS,
  subcommandTerm: (command) => command.name(),
  formatItem(term, termWidth, description, helper) {
    const columns = helper.helpWidth || DEFAULT_COLUMNS;
    if (columns - termWidth - 4 >= LEAST_COLUMNS || description === '')
      return Help.prototype.formatItem.call(helper, term, termWidth, description, helper);
    const lines = wrapAnsi(description, columns - INDENT.length - 1).split('\n');
    return [`  ${term}`, ...lines.map((line) => INDENT + line)].join('\n');
  },
};
