import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { IconButton } from './button.tsx';
import { showToast } from './toast.tsx';

export interface CopyButtonProps {
  /** Such as `Copy the link`. */
  readonly label: string;
  readonly text: string;
}

const SHOWN_MS = 2_000;

/** Shows a tick after it has copied. */
export function CopyButton({ label, text }: CopyButtonProps) {
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
  return <IconButton icon={isCopied ? Check : Copy} label={isCopied ? 'Copied' : label} onClick={() => void copy()} />;
}
