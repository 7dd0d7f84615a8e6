import type { LucideIcon } from 'lucide-react';

/** A button of the bar; on a phone a line of the account's menu. */
export interface Tool {
  readonly icon: LucideIcon;
  readonly label: string;
  readonly shortcut?: string;
  /** The menu closes before it. */
  readonly opensDialog?: boolean;
  readonly run: () => void;
}
