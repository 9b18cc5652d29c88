/** What the page around us lacks: a language, and leave to zoom. */

/** Give the document its language and let people zoom; returns a function that puts back what was there. */
export function fillTheWindow() {
  const root = document.documentElement;
  const viewport = document.querySelector('meta[name="viewport"]');
  const before = { lang: root.lang, viewport: viewport?.content };
  root.lang = "en-GB";
  if (viewport) viewport.content = "width=device-width, initial-scale=1";
  return () => {
    root.lang = before.lang;
    if (viewport) viewport.content = before.viewport;
  };
}
