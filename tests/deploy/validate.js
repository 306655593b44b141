// Standard input: a JSON list of Kubernetes objects. Standard output: a JSON list of what is wrong with them.
const objects = JSON.parse(require('fs').readFileSync(0));
const wrong = [];
for (const object of objects) {
  const [group, version] = object.apiVersion.includes('/') ? object.apiVersion.split('/') : ['', object.apiVersion];
  let Model;
  try {
    Model = require(`kubernetes-models/${group ? group + '/' : ''}${version}/${object.kind}`)[object.kind];
  } catch {
    wrong.push(`${object.apiVersion} ${object.kind}: no such kind`);
    continue;
  }
  try {
    new Model(object).validate();
  } catch (error) {
    wrong.push(`${object.kind} ${object.metadata.name}: ${error.message}`);
  }
}
console.log(JSON.stringify(wrong));
