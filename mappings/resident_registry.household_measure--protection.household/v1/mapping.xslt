<?xml version="1.0" encoding="UTF-8"?>
<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform"
    xmlns:i="urn:renkei:resident_registry.household_measure:v1" xmlns="urn:renkei:protection.household:v1" exclude-result-prefixes="i">
  <xsl:template match="/i:measure">
    <measure>
      <source>resident_registry</source>
      <action>
        <xsl:choose>
          <xsl:when test="normalize-space(i:support_state) = '0'">release</xsl:when>
          <xsl:otherwise>set</xsl:otherwise>
        </xsl:choose>
      </action>
      <reason_class>
        <xsl:choose>
          <xsl:when test="normalize-space(i:support_class) = '20'">domestic_violence</xsl:when>
          <xsl:when test="normalize-space(i:support_class) = '21'">stalking</xsl:when>
          <xsl:when test="normalize-space(i:support_class) = '22'">child_abuse</xsl:when>
          <xsl:otherwise>other</xsl:otherwise>
        </xsl:choose>
      </reason_class>
      <act_number><xsl:value-of select="i:act_number"/></act_number>
      <decided_at><xsl:value-of select="i:decided_at"/></decided_at>
      <effective_from><xsl:value-of select="i:effective_from"/></effective_from>
      <xsl:if test="i:ends_on"><ends_on><xsl:value-of select="i:ends_on"/></ends_on></xsl:if>
      <xsl:for-each select="i:member">
        <member>
          <addressee_number><xsl:value-of select="i:addressee_number"/></addressee_number>
          <xsl:if test="i:individual_number"><individual_number><xsl:value-of select="i:individual_number"/></individual_number></xsl:if>
          <version><xsl:value-of select="i:version"/></version>
        </member>
      </xsl:for-each>
    </measure>
  </xsl:template>
</xsl:stylesheet>
