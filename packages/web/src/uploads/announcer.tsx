import { useEffect, useRef, useState } from 'react';
import { announcementAfter, NOTHING_HEARD } from './announcement.ts';
import type { TraySummary } from './tray-summary.ts';

/** Tells a screen reader what the tray shows, coarsely. */
export function Announcer({ summary }: { readonly summary: TraySummary }) {
  const heard = useRef(NOTHING_HEARD);
  const [text, setText] = useState('');
  useEffect(() => {
    const next = announcementAfter(heard.current, summary);
    heard.current = next.heard;
    if (next.text) setText(next.text);
  }, [summary]);
  return (
    <div className="visually-hidden" role="status" data-announcer="uploads">
      {text}
    </div>
  );
}
