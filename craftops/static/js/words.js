// What the page says by script, in the reader's language. English needs no list.
let read = null;
let known = {};

function list() {
  const said = document.querySelector("meta[name=words]")?.content ?? "";
  if (said !== read) {
    read = said;
    known = said ? JSON.parse(said) : {};
  }
  return known;
}

// words("Sending %(name)s", { name }): a value takes the place of its name.
export function words(message, values = {}) {
  return (list()[message] ?? message).replace(/%\((\w+)\)s/g, (whole, name) => values[name] ?? whole);
}
