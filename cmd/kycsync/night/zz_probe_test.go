package night
import ("testing";"os";"fmt";"encoding/json";"bytes";"sort";"kycsync/transform";"kycsync/schemas")
func TestZZ(t *testing.T){ 
 name,err:=corpus(); if err!=nil{t.Fatal(err)}
 b,_:=os.ReadFile(name); fmt.Println(name,len(b))
 kinds:=map[string]map[string]int{}
 var walk func(p string,v any)
 walk=func(p string,v any){ k:="null"; switch x:=v.(type){case string:k="str"; if x=="" {k="empty"}; case bool:k="bool"; case json.Number:k="num"; case []any: k="list"; for _,e:=range x{walk(p+"[]",e)}; case map[string]any: k="obj"; for n,e:=range x{walk(p+"."+n,e)}}; if kinds[p]==nil{kinds[p]=map[string]int{}}; kinds[p][k]++}
 for i,l:=range bytes.Split(bytes.TrimSpace(b),[]byte("\n")){ if i%4!=0 {continue}; c,_:=transform.Canonicalize(schemas.Decision,l); d:=json.NewDecoder(bytes.NewReader(c.JSON)); d.UseNumber(); var v any; d.Decode(&v); walk("",v)}
 var ps []string; for p:=range kinds{ps=append(ps,p)}; sort.Strings(ps); f,_:=os.Create("/tmp/kinds.txt"); for _,p:=range ps{fmt.Fprintln(f,p,kinds[p])}
}
