package extract
import ("testing";"fmt";"os";"time";"strconv")
func TestZZ(t *testing.T){
 atoi:=func(s string,d int)int{ v,err:=strconv.Atoi(os.Getenv(s)); if err!=nil {return d}; return v}
 size:=atoi("SIZE",10000)
 for _,held:=range []bool{false,true}{
 if h:=os.Getenv("HELD"); h!="" && h!=fmt.Sprint(held) {continue}
 var cols []column
 for _,page:=range []int{50,200}{
 if h:=atoi("PAGE",0); h!=0 && h!=page {continue}
 s:=scenarioOf(size,page,held)
 s.answer=time.Duration(atoi("ANSWER",0))*time.Millisecond
 s.perMinute=atoi("RATE",600)
 if d:=atoi("MONITORED",0); d>0 { s.promises[ClassMonitored]=time.Duration(d)*time.Hour }
 if d:=atoi("INREVIEW",0); d>0 { s.promises[ClassInReview]=time.Duration(d)*time.Hour }
 if d:=atoi("OPEN",0); d>0 { s.promises[ClassOpen]=time.Duration(d)*time.Hour }
 if d:=atoi("USERS",0); d>0 { s.promises[ClassUsers]=time.Duration(d)*time.Hour }
 t0:=time.Now()
 c:=live(t,s)
 fmt.Println("held",held,"page",page,"took",time.Since(t0))
 cols=append(cols,c)
 for n,a:=range c.nights { fmt.Print(held," ",page," night ",n," req ",a.requests()," fin ",a.complete," post ",a.postponed, " feeds ",a.spent[forFeeds]," det ",a.spent[forShare]+a.spent[forPeople]); for _,st:=range a.standings { if st.Beyond>0 { fmt.Print("; ",st.Class," ",st.Beyond,"/",st.Sessions," (",a.missing[st.Class],") ",days(st.Oldest)," N",st.Nights) } }; fmt.Println() }
 }
 fmt.Println(markdown(cols))
 }
}
