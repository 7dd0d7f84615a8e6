import { Check, Copy, type LucideIcon } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './button.tsx';
import { showToast } from './toast.tsx';

export interface CopyButtonProps {
  /** Such as `Copy the link`. */
  readonly label: string;
  readonly text: string;
  /** Where one of several is copied; absent: two sheets. */
  readonly icon?: LucideIcon;
}

const SHOWN_MS = 2_000;

/** `isCopied` for a while after `copy` has copied. A toast says why it can't. */
export function useCopying(text: string): { readonly isCopied: boolean; readonly copy: () => Promise<void> } {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  const copy = async (): Promise<void> => {
    // Absent on pages without TLS; localhost counts as one with.
    const clipboard = navigator.clipboard as Clipboard | undefined;
    try {
      if (!clipboard) throw new Error('no clipboard');
      await clipboard.writeText(text);
      setIsCopied(true);
    } catch {
      showToast({ text: "This page isn't allowed to copy. Select the text, and copy it with Ctrl+C." });
    }
  };
  return { isCopied, copy };
}

/** Shows a tick after it has copied. */
export function CopyButton({ label, text, icon = Copy }: CopyButtonProps) {
  const { isCopied, copy } = useCopying(text);
  return <IconButton icon={isCopied ? Check : icon} label={isCopied ? 'Copied' : label} onClick={() => void copy()} />;
}
